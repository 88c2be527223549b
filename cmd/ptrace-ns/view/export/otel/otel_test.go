package otel_test

import (
	"encoding/hex"
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"testing"

	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/encoding/protojson"
	"pgregory.net/rapid"

	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/export/exporttest"
	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/export/otel"
	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/events/ndjson"
)

// hexID are ids: OTLP's JSON has them in hex, where protobuf's has base64. Nothing else
// is different, so that with them translated the published messages read the rest, and
// refuse a name that they do not have.
var hexID = regexp.MustCompile(`"(traceId|spanId|parentSpanId)":"([0-9a-f]*)"`)

func spans(t *rapid.T, all []*events.Event) map[string]*tracepb.Span {
	out := exporttest.Written(t, otel.New, all)
	found := map[string]*tracepb.Span{}
	for line := range strings.Lines(out) {
		line = hexID.ReplaceAllStringFunc(line, func(member string) string {
			m := hexID.FindStringSubmatch(member)
			id, err := hex.DecodeString(m[2])
			if size := map[bool]int{true: 16, false: 8}[m[1] == "traceId"]; err != nil || len(id) != size {
				t.Errorf("%s is no id", member)
			}
			text, _ := json.Marshal(id)
			return `"` + m[1] + `":` + string(text)
		})
		var data tracepb.TracesData
		if err := protojson.Unmarshal([]byte(line), &data); err != nil {
			t.Fatalf("%v: %s", err, line)
		}
		for _, s := range data.ResourceSpans[0].ScopeSpans[0].Spans {
			if id := string(s.SpanId); found[id] != nil {
				t.Errorf("span %x is there twice", id)
			}
			found[string(s.SpanId)] = s
		}
	}
	return found
}

func attribute(s *tracepb.Span, key string) (text string, list []string) {
	raw := func(as string, b []byte) string {
		if b != nil {
			return string(b)
		}
		return as
	}
	for _, a := range s.Attributes {
		switch a.Key {
		case "ptrace_ns.raw." + key:
			return string(a.Value.GetBytesValue()), nil
		case key:
			text = a.Value.GetStringValue()
			for _, v := range a.Value.GetArrayValue().GetValues() {
				list = append(list, raw(v.GetStringValue(), v.GetBytesValue()))
			}
		}
	}
	for _, a := range s.Attributes {
		if a.Key == "ptrace_ns.raw."+key {
			return string(a.Value.GetBytesValue()), list
		}
	}
	return text, list
}

// TestSpans reads any line with the published messages: parents and links are there,
// no span ends before it begins, and the strings and events are what they were.
func TestSpans(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		all := exporttest.Life(t)
		found := spans(t, all)
		var ran *tracepb.Span
		for _, s := range found {
			if len(s.ParentSpanId) > 0 && found[string(s.ParentSpanId)] == nil {
				t.Errorf("the parent of %s is not there", s.Name)
			}
			for _, l := range s.Links {
				if found[string(l.SpanId)] == nil || len(l.Attributes) != 1 {
					t.Errorf("link of %s: %v", s.Name, l)
				}
			}
			if s.EndTimeUnixNano < s.StartTimeUnixNano || s.StartTimeUnixNano == 0 || s.Kind != tracepb.Span_SPAN_KIND_INTERNAL {
				t.Errorf("%s from %d to %d, %s", s.Name, s.StartTimeUnixNano, s.EndTimeUnixNano, s.Kind)
			}
			if id, _ := attribute(s, "ptrace_ns.process.id"); id == "8-2000" {
				ran = s
			}
		}
		// Two processes, init by its name alone, and the recording.
		if len(found) != 4 || ran == nil {
			t.Fatalf("%d spans", len(found))
		}
		check(t, ran, all)
	})
}

func check(t *rapid.T, ran *tracepb.Span, all []*events.Event) {
	want := all[3].Process
	if got := exporttest.Name(t, ran.Name); got != want.Comm {
		t.Errorf("named %q, want %q", got, want.Comm)
	}
	for key, text := range map[string]string{
		"process.title": want.Comm, "process.executable.path": want.Exe, "container.name": want.Container.Name, "k8s.pod.name": want.Container.Pod,
	} {
		if got, _ := attribute(ran, key); got != text {
			t.Errorf("%s is %q, want %q", key, got, text)
		}
	}
	if _, got := attribute(ran, "process.command_args"); !slices.Equal(got, want.Args.Strings()) {
		t.Errorf("arguments %q, want %q", got, want.Args.Strings())
	}
	if ran.Status.GetCode() != tracepb.Status_STATUS_CODE_ERROR || len(ran.Links) != 2 {
		t.Errorf("status %v, links %v", ran.Status, ran.Links)
	}
	var told []*events.Event
	for _, ev := range all {
		if ev.Process.Key.PID == 8 && ev.Kind != events.Fork {
			told = append(told, ev)
		}
	}
	if len(ran.Events) != len(told) {
		t.Fatalf("%d events, want %d", len(ran.Events), len(told))
	}
	boot := exporttest.Header().BootTimeNS
	for i, ev := range told {
		line := ran.Events[i].Attributes[2].Value.GetStringValue()
		if want := ndjson.AppendEvent(nil, ev, boot); line+"\n" != string(want) {
			t.Errorf("event %s, want %s", line, want)
		}
	}
}
