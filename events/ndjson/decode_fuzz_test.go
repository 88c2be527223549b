package ndjson_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"testing"

	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/events/ndjson"
)

// FuzzDecodeEvent reads any line. What is taken is JSON, and what it is written
// as is read as the same.
func FuzzDecodeEvent(f *testing.F) {
	for _, ev := range samples() {
		f.Add(ndjson.AppendEvent(nil, ev, bootTime))
	}
	f.Add([]byte(`{"event":"header","schema":"ptrace-ns/1","options":{"a":[1.5],"b":{}}}`))
	f.Add([]byte(`{"event":"trailer","events":1,"by_event":{"fork":1},"kernel":{"fork":{"emitted":1}},"births":{}}`))
	f.Add([]byte("{\"seq\":18446744073709551615,\"event\":\"oom\",\"x\":[[[[{}]]]],\"y\":-0.1e-7,\"process\":{\"comm\":\"\\ud83d\\ude00\\ud83d\"}}"))
	f.Fuzz(func(t *testing.T, line []byte) {
		var d ndjson.Decoder
		var h events.Header
		if d.Header(line, &h) == nil {
			if _, err := ndjson.AppendHeader(nil, &h); err != nil {
				t.Errorf("header of %q: %v", line, err)
			}
		}
		_ = d.Trailer(line, new(ndjson.Trailer))
		ev, err := d.Event(line)
		var unknown *ndjson.UnknownError
		var syntax *ndjson.SyntaxError
		if err != nil {
			if !errors.As(err, &unknown) && !errors.As(err, &syntax) {
				t.Errorf("%q: %v", line, err)
			}
			return
		}
		if !json.Valid(line) {
			t.Fatalf("%q is taken", line)
		}
		once := ndjson.AppendEvent(nil, ev, 0)
		twice, err := d.Event(once)
		if err != nil {
			t.Fatalf("%q becomes %q: %v", line, once, err)
		}
		if got := ndjson.AppendEvent(nil, twice, 0); !bytes.Equal(got, once) {
			t.Errorf("%q\nis told %sand then %s", line, once, got)
		}
	})
}
