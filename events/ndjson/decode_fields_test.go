package ndjson_test

import (
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/events/ndjson"
)

// redundant reports whether a member is told elsewhere in the same line, or only
// says of raw that it is there.
func redundant(path string) bool {
	name := path[strings.LastIndexByte(path, '.')+1:]
	switch name {
	case "time", "lossy", "raw", "ppid":
		return true
	case "pid": // the id has it
		return !strings.HasSuffix(path, "pids.pid") && !strings.HasSuffix(path, "ns.pid")
	}
	if path == "waiting_for.zombie" || strings.HasSuffix(path, "waiting_for[0].zombie") {
		return true // in an event they all are
	}
	// The line's own container is the process's, either stands for the other.
	return path == "container" || path == "process.container" || strings.HasPrefix(path, "container.")
}

// TestEveryFieldIsDecoded takes each member of the document types out of a line
// that has all of them: no kind of event may be blind to it.
func TestEveryFieldIsDecoded(t *testing.T) {
	missed := map[string]bool{}
	for _, kind := range events.Kinds() {
		full := document(reflect.TypeFor[ndjson.Doc](), kind, "")
		want := decoded(t, full)
		paths(full.(map[string]any), "", func(path string, without func(func())) {
			if inProcess := strings.HasPrefix(path, "process."); inProcess && kind != events.Snapshot {
				return // it is the same in all
			}
			if _, seen := missed[path]; !seen {
				missed[path] = true
			}
			without(func() {
				if !reflect.DeepEqual(decoded(t, full), want) {
					missed[path] = false
				}
			})
		})
	}
	for _, path := range slices.Sorted(maps.Keys(missed)) {
		if missed[path] && !redundant(path) {
			t.Errorf("%s is in the types and makes no difference when it is read", path)
		}
	}
}

// decoded reads a document as a line.
func decoded(t *testing.T, document any) *events.Event {
	t.Helper()
	line, err := json.Marshal(document)
	if err != nil {
		t.Fatal(err)
	}
	d := ndjson.Decoder{Unknown: func(what string) { t.Errorf("%s is in the types and not known to the decoder", what) }}
	ev, err := d.Event(line)
	if err != nil {
		t.Fatalf("%v: %s", err, line)
	}
	return ev.Clone()
}

// paths calls visit for each member of an object and of those in it; without
// takes the member out for a while.
func paths(object map[string]any, prefix string, visit func(string, func(func()))) {
	for _, name := range slices.Sorted(maps.Keys(object)) {
		value := object[name]
		if name == "event" {
			continue
		}
		visit(prefix+name, func(run func()) {
			delete(object, name)
			run()
			object[name] = value
		})
		inner, ok := value.(map[string]any)
		if list, isList := value.([]any); isList {
			inner, ok = list[0].(map[string]any)
		}
		if ok && name != "raw" && name != "by_event" {
			paths(inner, prefix+name+".", visit)
		}
	}
}

// document makes a value of a document type in which every member is there.
func document(t reflect.Type, kind events.Kind, name string) any {
	switch {
	case t == reflect.TypeFor[ndjson.SideDoc]() && kind == events.CgroupMove:
		return "/x"
	case t == reflect.TypeFor[ndjson.SideDoc]():
		return document(reflect.TypeFor[ndjson.RefDoc](), kind, name)
	case name == "raw":
		return map[string]any{}
	}
	switch t.Kind() {
	case reflect.Pointer:
		return document(t.Elem(), kind, name)
	case reflect.Struct:
		object := map[string]any{}
		for _, field := range reflect.VisibleFields(t) {
			name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
			// Two names of one thing.
			if name == "flags" && kind == events.Setns || name == "nstype" && kind != events.Setns {
				continue
			}
			if name != "" && !field.Anonymous {
				object[name] = document(field.Type, kind, name)
			}
		}
		return object
	case reflect.Slice:
		return []any{document(t.Elem(), kind, name)}
	case reflect.Map:
		return map[string]any{"fork": 1}
	case reflect.Bool:
		return true
	case reflect.String:
		return word(name, kind)
	}
	return 77
}

// word is a string that a member of that name can hold.
func word(name string, kind events.Kind) string {
	switch name {
	case "event":
		return kind.String()
	case "id":
		return "78-" + strconv.Itoa(79)
	case "signal", "exit_signal":
		return "SIGTERM"
	case "clone_flags", "flags", "nstype":
		return "CLONE_NEWPID"
	case "error":
		return "EPERM"
	case "init_state":
		return "waits"
	case "origin":
		return "kernel"
	case "result":
		return "ignored"
	case "reason", "reaper_reason":
		return "init"
	}
	return "x"
}
