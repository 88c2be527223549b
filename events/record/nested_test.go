package record_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"
	"testing"

	"github.com/ptrace-ns/ptrace-ns/events/record"
)

// marked is a whole marker of a frame of that many bytes, whose checksum no frame has.
func marked(packed int) []byte {
	b := binary.LittleEndian.AppendUint32(nil, 0x184D2A5E)
	b = binary.LittleEndian.AppendUint32(b, 60)
	b = append(b, "ptracens"...)
	for _, n := range []int{packed, packed, 0x12345678, 1} {
		b = binary.LittleEndian.AppendUint32(b, uint32(n))
	}
	b = append(b, make([]byte, 32)...)
	return binary.LittleEndian.AppendUint32(b, crc32.Checksum(b, crc32.MakeTable(crc32.Castagnoli)))
}

// TestMarkersWithinMarkers: a thousand frames each of which claims all those behind it are
// not checked a thousand times over.
func TestMarkersWithinMarkers(t *testing.T) {
	const n, size = 1000, 76
	file := small(t)
	header := 68 + int(binary.LittleEndian.Uint32(file[16:]))
	nested := bytes.Clone(file[:header])
	for i := range n {
		nested = append(nested, marked((n-i)*size-68)...)
		nested = append(nested, "\x28\xb5\x2f\xfd...."...) // begins as a frame does
	}
	nested = append(nested, file[header:]...)
	r, err := record.NewReader(bytes.NewReader(nested), record.ReadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	damages, events := 0, 0
	for {
		_, err := r.Next(t.Context())
		var damaged *record.DamagedError
		if errors.As(err, &damaged) && damaged.Resumable {
			damages++
			continue
		}
		if err != nil {
			if !errors.Is(err, io.EOF) {
				t.Error(err)
			}
			break
		}
		events++
	}
	if damages == 0 || damages > 3 || events != len(written(6)) {
		t.Errorf("%d frames are checked in vain, and %d events are read, want %d", damages, events, len(written(6)))
	}
}
