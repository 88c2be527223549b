package ndjson

import "encoding/binary"

// Printable reports whether a line, without its newline, is of printable ASCII
// alone. Such a line can go to a terminal as it is, whoever wrote it: all else is
// escaped in it, as AppendEvent does. One that is not may still be a good line.
func Printable(line []byte) bool {
	const (
		each = 0x0101010101010101
		high = 0x80 * each
	)
	for ; len(line) >= 8; line = line[8:] {
		w := binary.LittleEndian.Uint64(line)
		// Of each byte the high bit, set where it is one itself, where the byte is below
		// a space, and where one more makes it 0x80. A borrow or carry comes only out of
		// such a byte.
		if (w|(w-' '*each)|(w+each))&high != 0 {
			return false
		}
	}
	for _, c := range line {
		if c < ' ' || c >= 0x7f {
			return false
		}
	}
	return true
}
