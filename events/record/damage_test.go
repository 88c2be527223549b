package record_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"

	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/events/ndjson"
	"github.com/ptrace-ns/ptrace-ns/events/record"
)

// small has a header frame, three of events and the trailer.
func small(t testing.TB) []byte { return recorded(t, 6, record.Options{FrameBytes: 2500}) }

func TestF01CutAtEveryByte(t *testing.T) {
	file, want := small(t), written(6)
	seen := map[int]bool{}
	for n := range len(file) {
		r, lines, err := read(t, file[:n], record.ReadOptions{})
		var damaged *record.DamagedError
		if !errors.As(err, &damaged) || !damaged.CutOff || damaged.Resumable {
			t.Fatalf("cut at %d: %v, want that it is cut off", n, err)
		}
		if damaged.Offset > int64(n) || r != nil && damaged.LastSeq != uint64(len(lines)) {
			t.Errorf("cut at %d: %+v after %d events", n, damaged, len(lines))
		}
		if len(lines) > len(want) || !slices.Equal(lines, want[:len(lines)]) {
			t.Fatalf("cut at %d: %d events, and not the first ones", n, len(lines))
		}
		seen[len(lines)] = true
	}
	// No event, those of the first frame, of the first two, all of them.
	if len(seen) != 4 || !seen[0] || !seen[len(want)] {
		t.Errorf("numbers of whole events: %v, want 4 of them", seen)
	}
}

// TestF02EveryBitFlipped holds that no flipped bit goes unseen or changes an event,
// and that at most the frame that it is in is lost.
func TestF02EveryBitFlipped(t *testing.T) {
	file, want := small(t), written(6)
	known := map[string]bool{}
	for _, line := range want {
		known[line] = true
	}
	for bit := range len(file) * 8 {
		broken := slices.Clone(file)
		broken[bit/8] ^= 1 << (bit % 8)
		r, err := record.NewReader(bytes.NewReader(broken), record.ReadOptions{})
		if err != nil {
			continue // the header's own frame
		}
		n, damages := 0, 0
		for {
			ev, err := r.Next(t.Context())
			var damaged *record.DamagedError
			if errors.As(err, &damaged) {
				damages++
				if damaged.Resumable {
					continue
				}
			}
			if err != nil {
				break
			}
			if line := string(ndjson.AppendEvent(nil, ev, bootTime)); !known[line] {
				t.Fatalf("bit %d: misread %s", bit, line)
			}
			n++
		}
		// What the first marker is known by: without it the file is one without markers.
		if harmless := bit < 16*8 && n == len(want); damages == 0 && !harmless {
			t.Errorf("bit %d: nobody saw it", bit)
		}
		if n < len(want)-7 {
			t.Errorf("bit %d: %d events of %d", bit, n, len(want))
		}
	}
}

func TestF02GarbageIsNoRecording(t *testing.T) {
	for name, file := range map[string]string{
		"text": "hello, world\n", "gzip": "\x1f\x8b\x08\x00\x00\x00", "zeros": strings.Repeat("\x00", 5000),
		"an event first": `{"seq":1,"event":"oom"}` + "\n", "another object": "{}\n",
	} {
		if _, err := record.NewReader(strings.NewReader(file), record.ReadOptions{}); err == nil {
			t.Errorf("%s is taken", name)
		}
	}
	var schema *ndjson.SchemaError
	_, err := record.NewReader(strings.NewReader(`{"event":"header","schema":"ptrace-ns/2"}`+"\n"), record.ReadOptions{})
	if !errors.As(err, &schema) {
		t.Errorf("another version: %v", err)
	}
}

// foreign compresses lines as another program might.
func foreign(t testing.TB, text string, o ...zstd.EOption) []byte {
	t.Helper()
	enc, err := zstd.NewWriter(nil, o...)
	if err != nil {
		t.Fatal(err)
	}
	return enc.EncodeAll([]byte(text), nil)
}

func stream(t testing.TB, lines []string) string {
	t.Helper()
	head, err := ndjson.AppendHeader(nil, header())
	if err != nil {
		t.Fatal(err)
	}
	return string(head) + strings.Join(lines, "")
}

func TestPlainLines(t *testing.T) {
	want := written(4)
	text := stream(t, want)
	_, lines, err := read(t, []byte(text), record.ReadOptions{})
	if !errors.Is(err, io.EOF) {
		t.Fatal(err)
	}
	same(t, lines, want)
	var damaged *record.DamagedError
	_, lines, err = read(t, []byte(text[:len(text)-1]), record.ReadOptions{})
	if !errors.As(err, &damaged) || !damaged.CutOff || len(lines) != len(want)-1 {
		t.Errorf("without its last newline: %d events, %v", len(lines), err)
	}
	broken := strings.Replace(text, `"event":"exec"`, `"event":exec"`, 1)
	_, lines, err = read(t, []byte(broken), record.ReadOptions{})
	if !errors.As(err, &damaged) || damaged.CutOff || damaged.LastSeq != 1 || len(lines) != 1 {
		t.Errorf("with a broken line: %d events, %v", len(lines), err)
	}
}

func TestFramesWithoutMarkers(t *testing.T) {
	want := written(4)
	file := foreign(t, stream(t, want[:5]))
	file = append(file, foreign(t, strings.Join(want[5:], ""))...)
	_, lines, err := read(t, file, record.ReadOptions{})
	var damaged *record.DamagedError
	if !errors.As(err, &damaged) || !damaged.CutOff {
		t.Errorf("without a trailer: %v", err)
	}
	same(t, lines, want)
	file = append(file, foreign(t, `{"event":"trailer","events":12,"by_event":{},"lost":0}`+"\n")...)
	if _, _, err := read(t, file, record.ReadOptions{}); !errors.Is(err, io.EOF) {
		t.Errorf("with a trailer: %v", err)
	}
}

func TestF04Bombs(t *testing.T) {
	head := foreign(t, stream(t, nil))
	zeros := foreign(t, strings.Repeat("\x00", record.MaxFrame+1))
	var rle []byte // a frame of no stated size whose blocks say "128 KiB of the same", 10 GiB of it
	rle = binary.LittleEndian.AppendUint32(rle, 0xFD2FB528)
	rle = append(rle, 0x04, 0x38) // checksum, no content size; a window of 128 KiB
	for range 80_000 {
		rle = append(rle, 0x02, 0x00, 0x10, 'x') // RLE, 1<<17 bytes
	}
	rle = append(rle, 0x03, 0x00, 0x10, 'x', 0, 0, 0, 0)
	skip := append(binary.LittleEndian.AppendUint32(nil, 0x184D2A50), 0xff, 0xff, 0xff, 0xff)
	window := append(binary.LittleEndian.AppendUint32(nil, 0xFD2FB528), 0x04, 0xff, 1, 0, 0)
	size := append(binary.LittleEndian.AppendUint32(nil, 0xFD2FB528), 0xe4, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f, 1, 0, 0)
	for name, bomb := range map[string][]byte{
		"zeros": zeros, "repeated blocks": rle, "a huge window": window, "a huge size": size,
		"4 GiB to be skipped": skip, "no checksum": foreign(t, "{}", zstd.WithEncoderCRC(false)),
		"no line": foreign(t, "x"), "empty frames": bytes.Repeat(foreign(t, "", zstd.WithZeroFrames(true)), 10_000),
	} {
		n := testing.AllocsPerRun(1, func() {
			_, lines, err := read(t, append(slices.Clone(head), bomb...), record.ReadOptions{})
			var damaged *record.DamagedError
			if !errors.As(err, &damaged) || len(lines) != 0 {
				t.Errorf("%s: %d events, %v", name, len(lines), err)
			}
		})
		if n > 1000 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
}

// TestWhatComesBehindTheTrailer holds that nothing of it is given, whatever it is, and
// that it is told where it begins.
func TestWhatComesBehindTheTrailer(t *testing.T) {
	file, want := small(t), written(6)
	more := foreign(t, written(7)[18])
	plain := stream(t, want) + `{"event":"trailer","events":18,"by_event":{},"lost":0}` + "\n"
	for name, c := range map[string]struct {
		whole  []byte
		behind string
	}{
		"a second recording": {file, string(file)}, "a frame of events": {file, string(more)}, "a byte": {file, "x"},
		"a frame of zstd's that holds nothing": {file, "\x50\x2a\x4d\x18\x00\x00\x00\x00"}, "garbage": {file, strings.Repeat("\xff", 500)},
		"a line behind a plain one": {[]byte(plain), written(7)[18]}, "another header": {[]byte(plain), stream(t, nil)},
	} {
		_, lines, err := read(t, append(slices.Clone(c.whole), c.behind...), record.ReadOptions{})
		var damaged *record.DamagedError
		if !errors.As(err, &damaged) || damaged.CutOff || damaged.Resumable || damaged.Offset != int64(len(c.whole)) {
			t.Errorf("%s: %+v", name, damaged)
			continue
		}
		if !strings.Contains(err.Error(), "comes behind the trailer") {
			t.Errorf("%s: %v", name, err)
		}
		same(t, lines, want)
		if _, _, err := read(t, append(slices.Clone(c.whole), c.behind...), record.ReadOptions{Growing: true}); !errors.Is(err, io.EOF) {
			t.Errorf("%s, of a file that grows: %v", name, err)
		}
	}
	within := foreign(t, plain+written(7)[18])
	_, lines, err := read(t, within, record.ReadOptions{})
	if err == nil || !strings.Contains(err.Error(), "comes behind the trailer") {
		t.Errorf("in the trailer's own frame: %v", err)
	}
	same(t, lines, want)
}

func TestEmptyFile(t *testing.T) {
	_, _, err := read(t, nil, record.ReadOptions{})
	var damaged *record.DamagedError
	if !errors.As(err, &damaged) || !damaged.CutOff || err.Error() != "recording is empty: not even its header was written" {
		t.Errorf("%v", err)
	}
}

// TestAFrameIsMissing takes a whole frame away, which only the count tells.
func TestAFrameIsMissing(t *testing.T) {
	file := small(t)
	mark := file[:16]
	second := bytes.Index(file[1:], mark) + 1
	third := bytes.Index(file[second+1:], mark) + second + 1
	_, lines, err := read(t, slices.Concat(file[:second], file[third:]), record.ReadOptions{})
	var damaged *record.DamagedError
	if !errors.As(err, &damaged) || len(lines) == 0 || !strings.Contains(err.Error(), "18 events were written") {
		t.Errorf("%d events, %v", len(lines), err)
	}
}

func TestF09NewerPrograms(t *testing.T) {
	lines := written(1)
	lines[1] = strings.Replace(lines[1], `"event":"exec"`, `"event":"teleport"`, 1)
	lines[2] = strings.Replace(lines[2], `{`, `{"mood":1,`, 1)
	r, got, err := read(t, []byte(stream(t, lines)), record.ReadOptions{})
	if !errors.Is(err, io.EOF) {
		t.Fatal(err)
	}
	same(t, got, []string{written(1)[0], written(1)[2]})
	if s := r.Skipped(); s.Kinds["teleport"] != 1 || s.Fields["event.mood"] != 1 {
		t.Errorf("skipped: %+v", s)
	}
	var many []string
	for i := range 500 {
		many = append(many, strings.Replace(lines[1], "teleport", strings.Repeat("x", i+1), 1))
	}
	r, _, _ = read(t, []byte(stream(t, many)), record.ReadOptions{})
	if kinds := r.Skipped().Kinds; len(kinds) > 65 || kinds["…"] == 0 {
		t.Errorf("%d names of kinds are kept", len(kinds))
	}
}

func TestFromAndTo(t *testing.T) {
	file := recorded(t, 200, record.Options{FrameBytes: 4000})
	for _, seeker := range []bool{true, false} {
		var in io.Reader = bytes.NewReader(file)
		if !seeker {
			in = io.MultiReader(in)
		}
		r, err := record.NewReader(in, record.ReadOptions{FromSeq: 300, ToSeq: 310})
		if err != nil {
			t.Fatal(err)
		}
		var seqs []uint64
		for {
			var ev *events.Event
			if ev, err = r.Next(t.Context()); err != nil {
				break
			}
			seqs = append(seqs, ev.Seq)
		}
		if !errors.Is(err, io.EOF) {
			t.Fatal(err)
		}
		if len(seqs) < 11 || len(seqs) > 30 || !slices.Contains(seqs, 300) || !slices.Contains(seqs, 310) {
			t.Errorf("events %v, want 300 to 310 and what shares their frames", seqs)
		}
		if _, ok := r.Trailer(); !ok {
			t.Error("no trailer")
		}
	}
}
