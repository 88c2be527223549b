package record

import (
	"encoding/binary"
	"hash/crc32"
)

// A marker is a skippable frame that says what the frame behind it holds. zstd
// passes over it; a reader that knows it can pass over the frame instead, learns
// its size before it takes memory, and finds the next whole frame behind a
// damaged one.
type marker struct {
	packed, size      uint32 // bytes of the frame, compressed and not
	events            uint32
	firstSeq, lastSeq uint64
	minNS, maxNS      uint64 // CLOCK_BOOTTIME
}

const (
	frameMagic     = 0xFD2FB528
	skippableMagic = 0x184D2A50 // to 0x184D2A5F (RFC 8878, 3.1.2)
	markerMagic    = skippableMagic + 0xE
	markerPayload  = 56
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
	for _, n := range []uint32{m.packed, m.size} {
		b = binary.LittleEndian.AppendUint32(b, n)
	}
	for _, n := range []uint64{m.firstSeq, m.lastSeq, m.minNS, m.maxNS} {
		b = binary.LittleEndian.AppendUint64(b, n)
	}
	b = binary.LittleEndian.AppendUint32(b, m.events)
	return binary.LittleEndian.AppendUint32(b, crc32.Checksum(b[start:], castagnoli))
}

// parseMarker reads markerSize bytes that begin with markerStart. A marker whose
// checksum does not match, or whose sizes no writer would make, is none.
func parseMarker(b []byte) (m marker, ok bool) {
	sum := binary.LittleEndian.Uint32(b[markerSize-4:])
	if crc32.Checksum(b[:markerSize-4], castagnoli) != sum {
		return marker{}, false
	}
	at := b[len(markerStart):]
	m = marker{
		packed: binary.LittleEndian.Uint32(at), size: binary.LittleEndian.Uint32(at[4:]),
		firstSeq: binary.LittleEndian.Uint64(at[8:]), lastSeq: binary.LittleEndian.Uint64(at[16:]),
		minNS: binary.LittleEndian.Uint64(at[24:]), maxNS: binary.LittleEndian.Uint64(at[32:]),
		events: binary.LittleEndian.Uint32(at[40:]),
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
