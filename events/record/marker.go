package record

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
)

// A marker is a skippable frame that says what the frame behind it holds. zstd
// passes over it; a reader that knows it can pass over the frame instead, learns
// its size before it takes memory, and finds the next whole frame behind a
// damaged one.
type marker struct {
	packed, size      uint32 // bytes of the frame, compressed and not
	sum               uint32 // CRC-32C of the compressed bytes
	events            uint32
	firstSeq, lastSeq uint64
	minNS, maxNS      uint64 // CLOCK_BOOTTIME
}

const (
	frameMagic     = 0xFD2FB528
	skippableMagic = 0x184D2A50 // to 0x184D2A5F (RFC 8878, 3.1.2)
	markerMagic    = skippableMagic + 0xE
	markerPayload  = 60
	markerSize     = 8 + markerPayload
)

// markerStart is what every marker begins with: magic, payload's size, name.
var markerStart = func() []byte {
	b := binary.LittleEndian.AppendUint32(nil, markerMagic)
	b = binary.LittleEndian.AppendUint32(b, markerPayload)
	return append(b, "ptracens"...)
}()

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// append appends the marker, markerSize bytes.
func (m *marker) append(b []byte) []byte {
	start := len(b)
	b = append(b, markerStart...)
	for _, n := range []uint32{m.packed, m.size, m.sum, m.events} {
		b = binary.LittleEndian.AppendUint32(b, n)
	}
	for _, n := range []uint64{m.firstSeq, m.lastSeq, m.minNS, m.maxNS} {
		b = binary.LittleEndian.AppendUint64(b, n)
	}
	return binary.LittleEndian.AppendUint32(b, crc32.Checksum(b[start:], castagnoli))
}

// parseMarker reads markerSize bytes. Those whose checksum does not match, or
// whose sizes no writer would make, are no marker.
func parseMarker(b []byte) (m marker, ok bool) {
	sum := binary.LittleEndian.Uint32(b[markerSize-4:])
	if !bytes.HasPrefix(b, markerStart) || crc32.Checksum(b[:markerSize-4], castagnoli) != sum {
		return marker{}, false
	}
	u32 := func(at int) uint32 { return binary.LittleEndian.Uint32(b[len(markerStart)+at:]) }
	u64 := func(at int) uint64 { return binary.LittleEndian.Uint64(b[len(markerStart)+at:]) }
	m = marker{
		packed: u32(0), size: u32(4), sum: u32(8), events: u32(12),
		firstSeq: u64(16), lastSeq: u64(24), minNS: u64(32), maxNS: u64(40),
	}
	return m, m.packed <= maxPacked && m.size <= MaxFrame
}

// count adds an event.
func (m *marker) count(seq, ns uint64) {
	if m.events == 0 {
		m.firstSeq, m.minNS, m.maxNS = seq, ns, ns
	}
	m.events++
	m.lastSeq = seq
	m.minNS, m.maxNS = min(m.minNS, ns), max(m.maxNS, ns)
}
