package schema

import (
	"bytes"
	"flag"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/invopop/jsonschema"

	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/events/ndjson"
)

const committed = "../../../../docs/events.schema.json"

var update = flag.Bool("update", false, "write the committed schema anew")

func TestCommittedSchemaIsCurrent(t *testing.T) {
	want, err := Generate()
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile(committed, want, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(committed)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Error("docs/events.schema.json is not what the types say: run go generate ./events/ndjson/...")
	}
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
	for _, root := range []any{ndjson.Doc{}, ndjson.HeaderDoc{}, ndjson.TrailerDoc{}, ndjson.NodeDoc{}, ndjson.NamespaceDoc{}, ndjson.LineageDoc{}} {
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
