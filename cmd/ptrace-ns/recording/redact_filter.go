package recording

import (
	"math/bits"
	"regexp"
)

// pattern is a regular expression, and the mark that a filter puts on what it may match.
type pattern struct {
	*regexp.Regexp
	mark uint64
}

// may reports whether the pattern is worth trying on a text with those marks.
func (p pattern) may(marks uint64) bool { return p.mark&marks != 0 }

func (p pattern) matches(text []byte, marks uint64) bool { return p.may(marks) && p.Match(text) }

// filter finds the words of all patterns in one pass (Aho and Corasick), because most
// texts have none and need not be given to any pattern.
type filter struct {
	patterns int
	always   uint64            // marks of patterns without words
	words    map[string]uint64 // with the marks of their patterns

	class [256]uint8 // of a byte; 0 is one that no word has
	shift int        // a state has 1<<shift classes
	next  []int32    // where a class leads from a state: at state<<shift + class
	found []uint64   // the marks of words that end in a state
}

// add takes a pattern.
func (f *filter) add(x *regexp.Regexp) pattern {
	p := pattern{x, 1 << min(f.patterns, 63)} // the last ones share a mark
	f.patterns++
	words := wordsOf(x.String())
	if len(words) == 0 {
		f.always |= p.mark
	}
	if f.words == nil {
		f.words = map[string]uint64{}
	}
	for _, w := range words {
		f.words[w] |= p.mark
	}
	return p
}

func (f *filter) all(patterns ...string) (all []pattern) {
	for _, p := range patterns {
		all = append(all, f.add(regexp.MustCompile(p)))
	}
	return all
}

// build makes the filter ready for use, when all patterns are added.
func (f *filter) build() {
	classes := uint8(1) // words are of ASCII
	for w := range f.words {
		for _, b := range []byte(w) {
			if f.class[b] == 0 {
				f.class[b] = classes
				classes++
			}
		}
	}
	f.shift = bits.Len8(classes - 1)
	for b := byte('A'); b <= 'Z'; b++ {
		f.class[b] = f.class[b+'a'-'A']
	}
	f.grow()
	for w, marks := range f.words {
		state := int32(0)
		for _, b := range []byte(w) {
			at := f.at(state, b)
			if f.next[at] == 0 {
				next := f.grow()
				f.next[at] = next
			}
			state = f.next[at]
		}
		f.found[state] |= marks
	}
	f.fallBack()
}

// grow adds a state.
func (f *filter) grow() int32 {
	f.next = append(f.next, make([]int32, 1<<f.shift)...)
	f.found = append(f.found, 0)
	return int32(len(f.found) - 1)
}

func (f *filter) at(state int32, b byte) int { return int(state)<<f.shift + int(f.class[b]) }

// fallBack has what leads nowhere lead to where the longest end of the word would, from
// the shorter words to the longer ones.
func (f *filter) fallBack() {
	shorter := make([]int32, len(f.found)) // the state of the longest end of a state's word
	queue := []int32{0}
	for len(queue) > 0 {
		state := queue[0]
		queue = queue[1:]
		f.found[state] |= f.found[shorter[state]]
		from, end := f.row(state), f.row(shorter[state])
		for class, child := range from {
			switch {
			case child == 0:
				from[class] = end[class]
			case state == 0:
				queue = append(queue, child)
			default:
				shorter[child] = end[class]
				queue = append(queue, child)
			}
		}
	}
}

func (f *filter) row(state int32) []int32 { return f.next[int(state)<<f.shift : int(state+1)<<f.shift] }

// marks returns those of the patterns that may match somewhere in the text.
func (f *filter) marks(text []byte) uint64 {
	seen := f.always
	state := int32(0)
	for i := 0; i < len(text); i++ {
		b := text[i]
		if b >= 0x80 {
			var more int
			b, more = unfold(text[i:])
			i += more
		}
		state = f.next[f.at(state, b)]
		seen |= f.found[state]
	}
	return seen
}

// unfold returns the letter of ASCII that a character at the beginning of the text may
// stand for, and how many bytes more that has.
func unfold(text []byte) (letter byte, more int) {
	switch {
	case len(text) > 1 && text[0] == 0xc5 && text[1] == 0xbf: // ſ
		return 's', 1
	case len(text) > 2 && text[0] == 0xe2 && text[1] == 0x84 && text[2] == 0xaa: // the Kelvin sign
		return 'k', 2
	}
	return text[0], 0
}
