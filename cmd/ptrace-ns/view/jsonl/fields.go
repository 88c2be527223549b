package jsonl

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
)

// Fields is a choice of members by their dotted names. Chosen members keep the
// order in which they were asked for.
type Fields struct {
	name     string
	children []*Fields
}

// ParseFields takes dotted JSON names and puts those that share a beginning
// together. Whether there are such members is for the caller to know.
func ParseFields(names []string) *Fields {
	root := &Fields{}
	for _, name := range names {
		at := root
		for part := range strings.SplitSeq(name, ".") {
			at = at.child(part)
		}
	}
	return root
}

func (f *Fields) child(name string) *Fields {
	for _, c := range f.children {
		if c.name == name {
			return c
		}
	}
	c := &Fields{name: name}
	f.children = append(f.children, c)
	return c
}

func (f *Fields) append(b, line []byte) ([]byte, error) {
	b, err := f.appendObject(b, line)
	if err != nil {
		return b, fmt.Errorf("fields of an event: %w", err)
	}
	return append(b, '\n'), nil
}

func (f *Fields) appendObject(b []byte, object json.RawMessage) ([]byte, error) {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(object, &members); err != nil {
		return b, err
	}
	b = append(b, '{')
	for _, c := range f.children {
		value, ok := members[c.name]
		if !ok {
			continue
		}
		if b[len(b)-1] != '{' {
			b = append(b, ',')
		}
		b = append(append(append(b, '"'), c.name...), '"', ':')
		if len(c.children) == 0 || !bytes.HasPrefix(value, []byte{'{'}) {
			b = append(b, value...)
			continue
		}
		var err error
		if b, err = c.appendObject(b, value); err != nil {
			return b, err
		}
	}
	return append(b, '}'), nil
}
