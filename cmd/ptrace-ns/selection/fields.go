package selection

import (
	"fmt"
	"reflect"
	"strings"

	"github.com/expr-lang/expr/types"

	"github.com/ptrace-ns/ptrace-ns/events/ndjson"
)

// CheckField returns an error that says where a dotted name leaves the stream's
// own names.
func CheckField(name string) error {
	at := reflect.TypeFor[ndjson.Doc]()
	for part := range strings.SplitSeq(name, ".") {
		members := membersOf(at)
		field, ok := members[part]
		if !ok {
			return fmt.Errorf("field %q is unknown: no event has %q there", name, part)
		}
		at = field
	}
	return nil
}

// membersOf returns the JSON names in a struct type and their types, pointers
// left out.
func membersOf(t reflect.Type) map[string]reflect.Type {
	if t == reflect.TypeFor[ndjson.SideDoc]() {
		t = reflect.TypeFor[ndjson.RefDoc]()
	}
	if t.Kind() != reflect.Struct {
		return nil
	}
	members := map[string]reflect.Type{}
	for _, f := range reflect.VisibleFields(t) {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if f.Anonymous || name == "" {
			continue
		}
		members[name] = f.Type
		if f.Type.Kind() == reflect.Pointer {
			members[name] = f.Type.Elem()
		}
	}
	return members
}

// typed returns a document type as the expression language's checker wants it.
func typed(t reflect.Type) types.Type {
	switch {
	case t.Kind() == reflect.Pointer:
		return typed(t.Elem())
	case t == reflect.TypeFor[ndjson.SideDoc]():
		return types.Any
	case t.Kind() == reflect.Slice:
		return types.Array(typed(t.Elem()))
	case t.Kind() == reflect.Map:
		return types.Map{types.Extra: typed(t.Elem())}
	case t.Kind() == reflect.Struct:
		members := types.Map{}
		for name, member := range membersOf(t) {
			members[name] = typed(member)
		}
		return members
	case t.Kind() == reflect.String:
		return types.String
	case t.Kind() == reflect.Bool:
		return types.Bool
	}
	return types.Int
}
