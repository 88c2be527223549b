//go:build linux

package bpf

import "bytes"

// internMax bounds how many names are remembered; past it all are forgotten, and
// the few in use come back.
const internMax = 8192

// internLong is the length from which a name is not worth remembering.
const internLong = 512

// interner gives equal bytes the same string, so that names cost no allocation
// once they have been seen.
type interner struct{ seen map[string]string }

func (s *interner) get(b []byte) string {
	if len(b) == 0 {
		return ""
	}
	if known, ok := s.seen[string(b)]; ok {
		return known
	}
	if len(b) >= internLong {
		return string(b)
	}
	if s.seen == nil || len(s.seen) >= internMax {
		s.seen = make(map[string]string, internMax/8)
	}
	name := string(b)
	s.seen[name] = name
	return name
}

func (s *interner) comm(b *[16]uint8) string { return s.get(untilNUL(b[:])) }

// untilNUL cuts b at its first NUL; the kernel's own strings always have one, a
// comm of 15 bytes has it last.
func untilNUL(b []byte) []byte {
	if end := bytes.IndexByte(b, 0); end >= 0 {
		return b[:end]
	}
	return b
}
