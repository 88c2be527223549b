// Package schema makes the JSON Schema of the event stream from the Doc types of
// package ndjson and their comments. It knows types only: no event is encoded
// here.
package schema

//go:generate go test -run ^TestCommittedSchemaIsCurrent$ . -update

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"

	"github.com/invopop/jsonschema"

	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/events/ndjson"
)

const (
	pkg      = "github.com/ptrace-ns/ptrace-ns/events/ndjson/internal/schema"
	schemaID = "https://github.com/ptrace-ns/ptrace-ns/blob/main/docs/events.schema.json"
)

// Generate returns the schema: a line is the header, the trailer of a recording
// or an event of one kind, and each kind is closed: its own fields and no others. It reads the comments
// of the Doc types and must run in this directory.
func Generate() ([]byte, error) {
	r := jsonschema.Reflector{Anonymous: true, Namer: definition, Mapper: mapped}
	if err := r.AddGoComments(pkg, "../.."); err != nil {
		return nil, fmt.Errorf("comments of the document types: %w", err)
	}
	doc := r.Reflect(ndjson.Doc{})
	defs := doc.Definitions
	for _, doc := range []any{ndjson.HeaderDoc{}, ndjson.TrailerDoc{}, ndjson.NodeDoc{}, ndjson.NamespaceDoc{}, ndjson.LineageDoc{}, ndjson.TimelinesDoc{}, ndjson.DifferenceDoc{}, ndjson.AccountDoc{}, ndjson.CheckupDoc{}} {
		for name, def := range r.Reflect(doc).Definitions {
			defs[name] = def
		}
	}
	for name, def := range defs {
		def.Description = strings.TrimPrefix(def.Description, name+"Doc is ")
	}
	defs["Exit"].OneOf = []*jsonschema.Schema{
		{Required: []string{"code"}},
		{Required: []string{"signal", "core"}},
	}
	reports(defs)
	root := &jsonschema.Schema{
		Version:     jsonschema.Version,
		ID:          schemaID,
		Title:       "The ptrace-ns event stream, version 1",
		Description: "One line of the stream: the header, which comes first, an event, or the trailer, which comes last in a recording.",
		OneOf:       []*jsonschema.Schema{ref("Header"), ref("Trailer")},
		Definitions: defs,
	}
	for _, kind := range events.Kinds() {
		defs[kind.String()] = kindSchema(kind)
		root.OneOf = append(root.OneOf, ref(kind.String()))
	}
	// What the kinds refer to is the properties only.
	defs["Doc"].Required, defs["Doc"].AdditionalProperties = nil, nil
	defs["Doc"].Description = "The fields of all kinds."
	return render(root)
}

// reports adds what other commands print: each is one document, not a line.
func reports(defs jsonschema.Definitions) {
	for _, name := range []string{"Node", "Lineage"} {
		defs[name].Properties.Set("process", &jsonschema.Schema{OneOf: []*jsonschema.Schema{ref("Process"), ref("Ref")}})
	}
	defs["Lineage"].Properties.Set("events", &jsonschema.Schema{
		Description: "The events about it, as in the stream, when it was followed.",
		Type:        "array", Items: &jsonschema.Schema{Ref: "#"},
	})
	defs["tree"] = &jsonschema.Schema{Description: "What `tree -o json` prints.", Type: "array", Items: ref("Node")}
	defs["namespaces"] = &jsonschema.Schema{Description: "What `namespaces -o json` prints.", Type: "array", Items: ref("Namespace")}
	defs["lineage"] = &jsonschema.Schema{Description: "What `lineage -o json` prints.", Ref: "#/$defs/Lineage"}
	defs["timeline"] = &jsonschema.Schema{
		Description: "What `timeline -o json` prints: the one that was chosen, or all.",
		OneOf:       []*jsonschema.Schema{ref("Timeline"), ref("Timelines")},
	}
	defs["diff"] = &jsonschema.Schema{Description: "What `diff -o json` prints.", Ref: "#/$defs/Difference"}
	defs["explain"] = &jsonschema.Schema{Description: "What `explain -o json` prints.", Ref: "#/$defs/Account"}
	defs["doctor"] = &jsonschema.Schema{Description: "What `doctor -o json` prints.", Ref: "#/$defs/Checkup"}
}

func ref(name string) *jsonschema.Schema { return &jsonschema.Schema{Ref: "#/$defs/" + name} }

// definition names a type in the schema: ProcessDoc is Process.
func definition(t reflect.Type) string {
	if name := strings.TrimSuffix(t.Name(), "Doc"); name != "" {
		return name
	}
	return t.Name()
}

// mapped gives the schema of the one type that is not what its fields say.
func mapped(t reflect.Type) *jsonschema.Schema {
	if t != reflect.TypeFor[ndjson.SideDoc]() {
		return nil
	}
	return &jsonschema.Schema{OneOf: []*jsonschema.Schema{{Type: "string"}, ref("Ref")}}
}

func kindSchema(kind events.Kind) *jsonschema.Schema {
	s := &jsonschema.Schema{
		Type:                 "object",
		Properties:           jsonschema.NewProperties(),
		AdditionalProperties: jsonschema.FalseSchema,
	}
	for _, field := range reflect.VisibleFields(reflect.TypeFor[ndjson.Doc]()) {
		carried, required := rule(field, kind)
		if !carried {
			continue
		}
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		s.Properties.Set(name, property(name, kind))
		if required {
			s.Required = append(s.Required, name)
		}
	}
	return s
}

func property(name string, kind events.Kind) *jsonschema.Schema {
	switch {
	case name == "event":
		return &jsonschema.Schema{Const: kind.String()}
	case (name == "from" || name == "to") && kind == events.CgroupMove:
		return &jsonschema.Schema{Type: "string"}
	case (name == "from" || name == "to") && kind == events.Reparent:
		return ref("Ref")
	}
	return ref("Doc/properties/" + name)
}

// rule reads the tags of a field: does the kind carry it, and always?
func rule(field reflect.StructField, kind events.Kind) (carried, required bool) {
	if field.Anonymous {
		return false, false
	}
	on, limited := field.Tag.Lookup("on")
	if !limited {
		return true, !strings.Contains(field.Tag.Get("json"), ",omitzero")
	}
	for item := range strings.FieldsSeq(on) {
		name, always := strings.CutSuffix(item, "!")
		name, never := strings.CutPrefix(name, "-")
		if name == kind.String() || name == "*" {
			carried, required = !never, always
		}
	}
	return carried, required
}

// render indents the schema, with a newline at its end and no HTML escapes.
func render(s *jsonschema.Schema) ([]byte, error) {
	raw, err := json.Marshal(s)
	if err != nil {
		return nil, fmt.Errorf("schema: %w", err)
	}
	var b bytes.Buffer
	if err := json.Indent(&b, raw, "", "  "); err != nil {
		return nil, fmt.Errorf("schema: %w", err)
	}
	b.WriteByte('\n')
	return b.Bytes(), nil
}
