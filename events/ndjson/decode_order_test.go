package ndjson_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"slices"
	"testing"

	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/events/ndjson"
)

// backwards writes an object with its members in the other order of their names.
func backwards(t *testing.T, line []byte) []byte {
	t.Helper()
	var members map[string]json.RawMessage
	if err := json.Unmarshal(line, &members); err != nil {
		t.Fatal(err)
	}
	var all [][]byte
	for name, value := range members {
		all = append(all, []byte(`"`+name+`":`+string(value)))
	}
	slices.SortFunc(all, func(a, b []byte) int { return bytes.Compare(b, a) })
	return []byte("{" + string(bytes.Join(all, []byte(","))) + "}")
}

// TestMembersHaveNoOrder: a line whose kind comes behind its other members is told from
// an event, and nothing of it is told as a newer program's.
func TestMembersHaveNoOrder(t *testing.T) {
	trailer := ndjson.AppendTrailer(nil, &ndjson.Trailer{
		Events: 3, Lost: 7, ByKind: map[events.Kind]uint64{events.Fork: 3},
		Kernel: map[events.Kind]ndjson.Counts{events.Fork: {Emitted: 3}}, BirthsFork: 1,
	})
	header, err := ndjson.AppendHeader(nil, &events.Header{Version: "1", BootID: "b", Kernel: "6", StartNS: 5, PidnsInum: 9})
	if err != nil {
		t.Fatal(err)
	}
	future := []byte(`{"process":7,"news":1,"event":"quark"}`)
	for name, line := range map[string][]byte{"trailer": trailer, "header": header, "quark": future} {
		for _, sorted := range [][]byte{backwards(t, line), line} {
			var told []string
			d := ndjson.Decoder{Unknown: func(what string) { told = append(told, what) }}
			_, err := d.Event(sorted)
			var unknown *ndjson.UnknownError
			if !errors.As(err, &unknown) || unknown.Kind != name {
				t.Errorf("%s: %v\n%s", name, err, sorted)
			}
			if len(told) > 0 {
				t.Errorf("%s: told as not known: %q\n%s", name, told, sorted)
			}
		}
	}
	// An event that is taken for a header is none, and not a newer program's either.
	var told []string
	d := ndjson.Decoder{Unknown: func(what string) { told = append(told, what) }}
	line := backwards(t, ndjson.AppendEvent(nil, &events.Event{Seq: 1, Kind: events.Exit}, 1))
	var h events.Header
	var syntax *ndjson.SyntaxError
	if err := d.Header(line, &h); !errors.As(err, &syntax) || len(told) > 0 {
		t.Errorf("%v, told %q", err, told)
	}
	// What is new in an event is told wherever its kind stands.
	if _, err := d.Event([]byte(`{"news":1,"seq":1,"event":"exit"}`)); err != nil || !slices.Equal(told, []string{"event.news"}) {
		t.Errorf("%v, told %q", err, told)
	}
}
