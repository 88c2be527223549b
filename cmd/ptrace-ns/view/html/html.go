// Package html makes a report of a stream of events: one HTML file that shows the
// starts to scale, the tree, the namespaces and the events, in any browser and
// without a network.
//
// The file is a page that never changes, with the data as JSON in it: no string of
// the recording is ever markup, in no escaping but that of encoding/json. The page's
// policy (CSP) lets run and style only what is embedded here, by its hash, and load
// nothing. It knows events and the model, and the words that other views use for them,
// and nothing of where they come from.
package html

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"reflect"
	"slices"
)

//go:embed assets
var assets embed.FS

// scripts are the parts of the one script, in the order in which they need each other.
var scripts = []string{"dom", "time", "data", "view", "rows", "tree", "summary", "axis", "lanes", "draw", "timeline", "namespaces", "events", "story", "main"}

// script returns the program of the page. Its parts share one scope, and nothing of
// them is visible outside.
func script() ([]byte, error) {
	var b bytes.Buffer
	b.WriteString("\"use strict\";\n(() => {\n")
	for _, name := range scripts {
		part, err := assets.ReadFile("assets/" + name + ".js")
		if err != nil {
			return nil, err
		}
		b.Write(part)
	}
	b.WriteString("})();\n")
	return b.Bytes(), nil
}

// policy allows one script and one style by their text, and pictures that are in the
// page itself.
func policy(script, style []byte) string {
	return fmt.Sprintf("default-src 'none'; script-src '%s'; style-src '%s'; img-src data:; base-uri 'none'; form-action 'none'", source(script), source(style))
}

func source(text []byte) string {
	sum := sha256.Sum256(text)
	return "sha256-" + base64.StdEncoding.EncodeToString(sum[:])
}

// write writes the page around the data.
func write(w io.Writer, data *document) error {
	program, err := script()
	if err != nil {
		return err
	}
	style, err := assets.ReadFile("assets/style.css")
	if err != nil {
		return err
	}
	page, err := assets.ReadFile("assets/page.html")
	if err != nil {
		return err
	}
	for _, place := range []struct {
		mark string
		text []byte
	}{{"POLICY", []byte(policy(program, style))}, {"STYLE", style}, {"DATA", nil}, {"SCRIPT", program}} {
		before, after, found := bytes.Cut(page, []byte("{{"+place.mark+"}}"))
		if !found {
			return fmt.Errorf("page has no place for %s", place.mark)
		}
		if _, err := w.Write(slices.Concat(before, place.text)); err != nil {
			return err
		}
		if place.mark == "DATA" {
			fillLists(reflect.ValueOf(data).Elem())
			// The encoder's HTML escaping is on: neither <, >, & nor a line separator
			// is left as it is.
			if err := json.NewEncoder(w).Encode(data); err != nil {
				return err
			}
		}
		page = after
	}
	_, err = w.Write(page)
	return err
}

// fillLists makes empty lists of those that nothing was put into: the script knows no
// null.
func fillLists(v reflect.Value) {
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			fillLists(v.Field(i))
		}
	case reflect.Slice:
		if v.IsNil() {
			v.Set(reflect.MakeSlice(v.Type(), 0, 0))
		}
	}
}
