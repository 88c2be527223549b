//go:build linux

package bpf

import (
	"errors"
	"testing"

	"github.com/ptrace-ns/ptrace-ns/events"
)

// wantMalformed checks that a record is refused, as what it is.
func wantMalformed(t *testing.T, what string, raw []byte) {
	t.Helper()
	var d Decoder
	if ev, err := d.Decode(raw); !errors.Is(err, ErrRecord) || ev != nil {
		t.Errorf("%s: event %+v, error %v, want %v", what, ev, err, ErrRecord)
	}
}

// TestTruncated cuts each record at every byte. The kernel gives no such thing;
// a recording may.
func TestTruncated(t *testing.T) {
	for _, name := range sampleNames() {
		raw := samples()[name]
		t.Run(name, func(t *testing.T) {
			decode(t, raw)
			for n := range len(raw) {
				wantMalformed(t, name, raw[:n:n])
			}
		})
	}
}

func TestMalformed(t *testing.T) {
	const (
		atKind, atLevels = 14, 15
		atCall           = 108
		atShape          = 175
	)
	s := samples()
	for _, c := range []struct {
		what string
		raw  []byte
	}{
		{"kind 0", with(s["fork"], atKind, 0)},
		{"a kind past the last", with(s["fork"], atKind, uint8(Kinds))},
		{"more levels than follow", with(s["fork"], atLevels, 3)},
		{"34 levels", forkRecord(KindFork, events.MaxLevels+1)},
		{"255 levels", with(s["snapshot"], atLevels, 255)},
		{"exec: more levels than the shape has", with(s["exec"], atLevels, 3)},
		{"exec: shape 3", with(s["exec"], atShape, 3)},
		{"exec: a larger shape than the record", with(s["exec"], atShape, 2)},
		{"exec: blob beyond the record", with(s["exec"], 160, 0xff, 0xff, 0xff, 0xff)},
		{"exec: filename beyond its room", with(s["exec"], 168, 65, 0)},
		{"exec: interpreter beyond its room", with(s["exec"], 170, 9, 0)},
		{"exec: path beyond its room", with(s["exec"], 172, 105, 0)},
		{"call 0", with(s["syscall"], atCall, 0, 0, 0, 0)},
		{"call 99", with(s["syscall"], atCall, 99, 0, 0, 0)},
		{"cgroup path beyond the record", with(s["cgroup_mkdir"], 60, 0xff, 0xff, 0xff, 0xff)},
	} {
		wantMalformed(t, c.what, c.raw)
	}
}

func TestReadHead(t *testing.T) {
	for _, name := range sampleNames() {
		head, err := ReadHead(samples()[name])
		if err != nil || head.Time != bootNS || head.Drops != 3 {
			t.Errorf("%s: head %+v, error %v, want time %d and 3 drops", name, head, err, bootNS)
		}
	}
	if _, err := ReadHead(make([]byte, 15)); !errors.Is(err, ErrRecord) {
		t.Errorf("15 bytes: error %v, want %v", err, ErrRecord)
	}
	key, err := ReadKey(samples()["fork"])
	if err != nil || key != (events.ProcKey{PID: 100, Start: 1000}) {
		t.Errorf("key: %v, error %v, want 100-1000", key, err)
	}
	if _, err := ReadKey(make([]byte, 71)); !errors.Is(err, ErrRecord) {
		t.Errorf("71 bytes: error %v, want %v", err, ErrRecord)
	}
}

func TestSplitSnapshot(t *testing.T) {
	a, b := snapshotRecord(0, 1), snapshotRecord(0, events.MaxLevels)
	parts, err := SplitSnapshot(wire(a, b, a))
	if err != nil {
		t.Fatal(err)
	}
	if len(parts) != 3 || len(parts[0]) != len(a) || len(parts[1]) != len(b) || len(parts[2]) != len(a) {
		t.Errorf("records: %d, want three of the sizes that went in", len(parts))
	}
	if parts, err := SplitSnapshot(nil); err != nil || len(parts) != 0 {
		t.Errorf("nothing: %d records, error %v", len(parts), err)
	}
	for _, cut := range []int{1, len(a) - 1, len(a) + 1} {
		if _, err := SplitSnapshot(wire(a, b)[:cut]); !errors.Is(err, ErrRecord) {
			t.Errorf("cut at %d: error %v, want %v", cut, err, ErrRecord)
		}
	}
}

// FuzzDecode: whatever the bytes are, the answer is an event or ErrRecord.
func FuzzDecode(f *testing.F) {
	for _, raw := range samples() {
		f.Add(raw)
	}
	f.Add([]byte{})
	var d Decoder
	f.Fuzz(func(t *testing.T, raw []byte) {
		ev, err := d.Decode(raw)
		if (ev == nil) != (err != nil) || err != nil && !errors.Is(err, ErrRecord) {
			t.Fatalf("event %v, error %v", ev, err)
		}
		if ev != nil && (ev.Kind == events.KindUnknown || len(ev.Process.Chain) > events.MaxLevels) {
			t.Fatalf("event %+v", ev)
		}
		if _, err := SplitSnapshot(raw); err != nil && !errors.Is(err, ErrRecord) {
			t.Fatal(err)
		}
	})
}

// TestDecodeAllocates nothing once it has seen the names. The event is cleared by
// each call, so this holds for any order of records.
func TestDecodeAllocates(t *testing.T) {
	var d Decoder
	for _, name := range sampleNames() {
		raw := samples()[name]
		n := testing.AllocsPerRun(100, func() {
			if _, err := d.Decode(raw); err != nil {
				t.Fatal(err)
			}
		})
		if n != 0 {
			t.Errorf("%s: %v allocations a record, want none", name, n)
		}
	}
}

func BenchmarkDecode(b *testing.B) {
	for _, name := range sampleNames() {
		raw := samples()[name]
		b.Run(name, func(b *testing.B) {
			var d Decoder
			b.SetBytes(int64(len(raw)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := d.Decode(raw); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
