package ndjson

import (
	"fmt"
)

// maxDepth bounds how deep values may be nested; a line of ours has five levels.
const maxDepth = 16

// SyntaxError says why a line is not one of the stream's.
type SyntaxError struct {
	Offset int // byte in the line
	Reason string
}

func (e *SyntaxError) Error() string {
	return fmt.Sprintf("line is not of the event stream: %s at byte %d", e.Reason, e.Offset)
}

// scanner reads one JSON object in one pass. After an error, which it keeps,
// each read returns nothing.
type scanner struct {
	b     []byte
	i     int
	depth int
	err   error
	text  []byte // what an escaped string becomes
	names interner
}

func (s *scanner) reset(line []byte) { s.b, s.i, s.depth, s.err = line, 0, 0, nil }

func (s *scanner) fail(reason string) {
	if s.err == nil {
		s.err = &SyntaxError{Offset: s.i, Reason: reason}
	}
	s.i = len(s.b)
}

// peek returns the next byte that is not white space, 0 at the end.
func (s *scanner) peek() byte {
	for s.i < len(s.b) {
		if c := s.b[s.i]; c > ' ' {
			return c
		} else if c != ' ' && c != '\t' && c != '\n' && c != '\r' {
			break
		}
		s.i++
	}
	return 0
}

func (s *scanner) expect(c byte) bool {
	if s.i < len(s.b) && s.b[s.i] == c || s.peek() == c {
		s.i++
		return true
	}
	s.fail("no " + string(c))
	return false
}

// open enters an object and returns its first key; nil when it has none.
func (s *scanner) open() []byte {
	if !s.enter('{') {
		return nil
	}
	if s.peek() == '}' {
		s.leave()
		return nil
	}
	return s.key()
}

// next returns the next key of the object that is being read; nil at its end.
func (s *scanner) next() []byte {
	switch s.peek() {
	case ',':
		s.i++
		return s.key()
	case '}':
		s.leave()
	default:
		s.fail("neither , nor } in an object")
	}
	return nil
}

func (s *scanner) key() []byte {
	key := s.bytes()
	if !s.expect(':') {
		return nil
	}
	if key == nil {
		return []byte{}
	}
	return key
}

// list enters an array and reports whether there is a first element.
func (s *scanner) list() bool {
	if !s.enter('[') {
		return false
	}
	if s.peek() == ']' {
		s.leave()
		return false
	}
	return true
}

// more reports whether the array that is being read has another element.
func (s *scanner) more() bool {
	switch s.peek() {
	case ',':
		s.i++
		return true
	case ']':
		s.leave()
	default:
		s.fail("neither , nor ] in an array")
	}
	return false
}

func (s *scanner) enter(c byte) bool {
	if s.depth++; s.depth > maxDepth {
		s.fail("values nested too deep")
		return false
	}
	return s.expect(c)
}

func (s *scanner) leave() {
	s.depth--
	s.i++
}

// end is called behind the outermost value.
func (s *scanner) end() error {
	if s.peek(); s.err == nil && s.i < len(s.b) {
		s.fail("more than one value")
	}
	return s.err
}

// skip passes over a value of any type.
func (s *scanner) skip() {
	switch s.peek() {
	case '"':
		s.bytes()
	case '{':
		for key := s.open(); key != nil; key = s.next() {
			s.skip()
		}
	case '[':
		for ok := s.list(); ok; ok = s.more() {
			s.skip()
		}
	case 't', 'f':
		s.bool()
	case 'n':
		s.word("null")
	default:
		s.number()
	}
}
