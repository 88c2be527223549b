package schema

import (
	"bytes"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/invopop/jsonschema"

	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/events/ndjson"
	"github.com/ptrace-ns/ptrace-ns/internal/golden"
)

const committed = "../../../../docs/events.schema.json"

func TestCommittedSchemaIsCurrent(t *testing.T) {
	want, err := Generate()
	if err != nil {
		t.Fatal(err)
	}
	golden.Check(t, committed, want)
}

func TestTagsNameKinds(t *testing.T) {
	for _, field := range reflect.VisibleFields(reflect.TypeFor[ndjson.Doc]()) {
		for item := range strings.FieldsSeq(field.Tag.Get("on")) {
			name := strings.Trim(item, "-!")
			if _, ok := events.ParseKind(name); !ok && name != "*" {
				t.Errorf("%s: %q is no kind", field.Name, name)
			}
		}
	}
}

// TestDocumentNamesEveryField keeps docs/events.md as complete as the types.
func TestDocumentNamesEveryField(t *testing.T) {
	document, err := os.ReadFile("../../../../docs/events.md")
	if err != nil {
		t.Fatal(err)
	}
	r := jsonschema.Reflector{Anonymous: true, Mapper: mapped}
	for _, root := range []any{ndjson.Doc{}, ndjson.HeaderDoc{}, ndjson.TrailerDoc{}, ndjson.NodeDoc{}, ndjson.NamespaceDoc{}, ndjson.LineageDoc{}, ndjson.CheckupDoc{}} {
		for name, def := range r.Reflect(root).Definitions {
			for p := def.Properties.Oldest(); p != nil; p = p.Next() {
				if !bytes.Contains(document, []byte("`"+p.Key+"`")) && !bytes.Contains(document, []byte(`"`+p.Key+`"`)) {
					t.Errorf("%s.%s is not in the document", name, p.Key)
				}
			}
		}
	}
	for _, kind := range events.Kinds() {
		if !bytes.Contains(document, []byte("`"+kind.String()+"`")) {
			t.Errorf("kind %s is not in the document", kind)
		}
	}
}
