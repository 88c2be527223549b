package story

import (
	"cmp"
	"slices"
)

// step is a sentence on what happened, and when that was.
type step struct {
	bootNS uint64
	text   string
}

// steps are sentences of one kind, told in the order in which they are given: one of an
// unknown moment is as late as the one before.
type steps []step

func (s *steps) add(bootNS uint64, text string) {
	if n := len(*s); n > 0 {
		bootNS = max(bootNS, (*s)[n-1].bootNS)
	}
	*s = append(*s, step{bootNS, text})
}

// happened tells steps of several kinds in the order of their moments; what was at the
// same moment, or at one that nobody knows, in the order of the kinds.
func (t *teller) happened(kinds ...steps) {
	all := slices.Concat(kinds...)
	slices.SortStableFunc(all, func(a, b step) int { return cmp.Compare(a.bootNS, b.bootNS) })
	for _, s := range all {
		t.say(s.text)
	}
}
