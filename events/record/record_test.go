package record_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"testing"

	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/events/ndjson"
	"github.com/ptrace-ns/ptrace-ns/events/record"
)

const bootTime = 1_700_000_000_000_000_001

func header() *events.Header {
	return &events.Header{Version: "1.0", Kernel: "6.18", BootTimeNS: bootTime, StartNS: 5, Options: map[string]any{"threads": true}}
}

// life is the fork, the exec and the exit of the i-th process.
func life(i int) []*events.Event {
	p := events.Process{
		Key: events.ProcKey{PID: int32(1000 + i), Start: uint64(i) * 1_000_003}, Comm: "sh", Full: true, HasIDs: true,
		Parent: events.Ref{Key: events.ProcKey{PID: 7, Start: 9}, Comm: "bash"},
		Chain:  events.PIDChain{{NS: events.NSID{Inum: 4026531836}, PID: int32(1000 + i)}},
		Exe:    "/bin/sh", Args: events.ArgsOf("sh", "-c", fmt.Sprint("exit ", i%4)),
	}
	brief := p
	brief.Full = false
	all := []*events.Event{
		{Kind: events.Fork, Process: p, Fork: &events.ForkDetail{Creator: p.Parent, ExitSignal: 17}},
		{Kind: events.Exec, Process: p, Exec: &events.ExecDetail{Filename: "/bin/sh"}},
		{Kind: events.Exit, Process: brief, Exit: &events.ExitDetail{Status: events.ExitStatus{Code: i % 4}}},
	}
	for j, ev := range all {
		ev.Seq = uint64(3*i + j + 1)
		ev.BootNS = uint64(i)*1_000_003 + uint64(j)*300_007
	}
	return all
}

// recorded writes n lives, ended.
func recorded(t testing.TB, n int, o record.Options) []byte {
	t.Helper()
	var file bytes.Buffer
	w := writer(t, &file, o)
	for i := range n {
		for _, ev := range life(i) {
			if err := w.Put(ev); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := w.Close(record.Trailer{Lost: 3}); err != nil {
		t.Fatal(err)
	}
	return file.Bytes()
}

func writer(t testing.TB, file io.Writer, o record.Options) *record.Writer {
	t.Helper()
	w, err := record.NewWriter(file, header(), o)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// read reads all that is whole, as lines, and the error at its end.
func read(t testing.TB, file []byte, o record.ReadOptions) (*record.Reader, []string, error) {
	t.Helper()
	r, err := record.NewReader(bytes.NewReader(file), o)
	if err != nil {
		return nil, nil, err
	}
	var lines []string
	for {
		ev, err := r.Next(t.Context())
		if err != nil {
			return r, lines, err
		}
		lines = append(lines, string(ndjson.AppendEvent(nil, ev, bootTime)))
	}
}

// written is what read gives of n lives.
func written(n int) (lines []string) {
	for i := range n {
		for _, ev := range life(i) {
			lines = append(lines, string(ndjson.AppendEvent(nil, ev, bootTime)))
		}
	}
	return lines
}

func TestWhatIsWrittenIsRead(t *testing.T) {
	for _, frame := range []int{0, 1, 5000} {
		r, lines, err := read(t, recorded(t, 50, record.Options{FrameBytes: frame}), record.ReadOptions{})
		if !errors.Is(err, io.EOF) {
			t.Fatalf("frames of %d: %v", frame, err)
		}
		same(t, lines, written(50))
		trailer, ok := r.Trailer()
		if !ok || trailer.Events != 150 || trailer.ByKind[events.Fork] != 50 || trailer.Lost != 3 {
			t.Errorf("trailer: %+v, %v", trailer, ok)
		}
		if h := r.Header(); h.Kernel != "6.18" || h.BootTimeNS != bootTime {
			t.Errorf("header: %+v", h)
		}
		if s := r.Skipped(); len(s.Kinds)+len(s.Fields) != 0 {
			t.Errorf("skipped: %+v", s)
		}
	}
}

func same(t testing.TB, got, want []string) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%d events, want %d", len(got), len(want))
	}
	for i := range want {
		if got[i] != want[i] {
			t.Fatalf("event %d\ngot  %swant %s", i+1, got[i], want[i])
		}
	}
}
