package ndjson

import "math"

func (s *scanner) uint64() uint64 { return s.digits(math.MaxUint64) }
func (s *scanner) uint32() uint32 { return uint32(s.digits(math.MaxUint32)) }
func (s *scanner) int32() int32   { return int32(s.integer(math.MaxInt32)) }
func (s *scanner) int() int       { return int(s.integer(math.MaxInt)) }

// integer reads a number from -limit-1 to limit.
func (s *scanner) integer(limit uint64) int64 {
	if s.peek() == '-' {
		s.i++
		return -int64(s.digits(limit + 1))
	}
	return int64(s.digits(limit))
}

// digits reads an integer up to limit, and nothing that a float could be.
func (s *scanner) digits(limit uint64) uint64 {
	s.peek()
	start := s.i
	n, size, ok := leadingDigits(s.b[start:])
	s.i += size
	switch {
	case size == 0 || size > 1 && s.b[start] == '0':
		s.fail("no whole number")
		return 0
	case !ok || n > limit:
		s.fail("number out of range")
		return 0
	}
	if s.i < len(s.b) && (s.b[s.i] == '.' || s.b[s.i]|0x20 == 'e') {
		s.fail("no whole number")
		return 0
	}
	return n
}

// leadingDigits reads the number that b begins with and how many digits it has;
// not ok says that it is past 64 bits.
func leadingDigits(b []byte) (n uint64, size int, ok bool) {
	for size < len(b) {
		c := uint64(b[size] - '0')
		if c > 9 {
			break
		}
		// 19 digits always fit.
		if size >= 19 && (n > math.MaxUint64/10 || n*10 > math.MaxUint64-c) {
			return 0, size, false
		}
		n = n*10 + c
		size++
	}
	return n, size, true
}

func (s *scanner) bool() bool {
	if s.peek() == 't' {
		return s.word("true")
	}
	s.word("false")
	return false
}

func (s *scanner) word(w string) bool {
	if len(s.b)-s.i < len(w) || string(s.b[s.i:s.i+len(w)]) != w {
		s.fail("no " + w)
		return false
	}
	s.i += len(w)
	return true
}

// number passes over a number of any form that JSON has.
func (s *scanner) number() {
	if s.peek() == '-' {
		s.i++
	}
	if s.i < len(s.b) && s.b[s.i] == '0' {
		s.i++
	} else {
		s.run()
	}
	if s.i < len(s.b) && s.b[s.i] == '.' {
		s.i++
		s.run()
	}
	if s.i < len(s.b) && s.b[s.i]|0x20 == 'e' {
		s.i++
		if s.i < len(s.b) && (s.b[s.i] == '-' || s.b[s.i] == '+') {
			s.i++
		}
		s.run()
	}
}

// run passes over one digit or more.
func (s *scanner) run() {
	start := s.i
	for s.i < len(s.b) && s.b[s.i]-'0' <= 9 {
		s.i++
	}
	if s.i == start {
		s.fail("no value")
	}
}
