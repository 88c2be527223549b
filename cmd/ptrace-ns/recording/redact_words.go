package recording

import (
	"regexp/syntax"
	"slices"
	"strings"
	"unicode"
)

// mostWords bounds the words of one pattern, mostRunes the characters of a class that
// become words.
const (
	mostWords = 128
	mostRunes = 16
)

// wordsOf returns words in lower case, one of which is in any text that matches the
// pattern, whatever its case there (ſ is an s and the Kelvin sign a k, as for the
// package regexp). None means that nothing is known.
func wordsOf(pattern string) []string {
	x, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		return nil
	}
	all, exact := texts(x.Simplify())
	if exact && len(all) == 0 {
		return nil // it matches nothing
	}
	return fewest(all)
}

// texts returns all that the expression matches, where exact, or words one of which is
// in all that it matches; none is then not known.
func texts(x *syntax.Regexp) (all []string, exact bool) {
	switch x.Op {
	case syntax.OpEmptyMatch, syntax.OpBeginLine, syntax.OpEndLine, syntax.OpBeginText, syntax.OpEndText,
		syntax.OpWordBoundary, syntax.OpNoWordBoundary:
		return []string{""}, true
	case syntax.OpLiteral:
		return literal(x.Rune)
	case syntax.OpCharClass:
		return class(x.Rune)
	case syntax.OpCapture:
		return texts(x.Sub[0])
	case syntax.OpPlus:
		all, _ = texts(x.Sub[0])
		return all, false
	case syntax.OpQuest:
		if all, exact = texts(x.Sub[0]); exact {
			return append(slices.Clone(all), ""), true
		}
	case syntax.OpAlternate:
		return either(x.Sub)
	case syntax.OpConcat:
		return sequence(x.Sub)
	}
	return nil, false
}

func literal(runes []rune) ([]string, bool) {
	var b strings.Builder
	for _, r := range runes {
		ascii, ok := folded(r)
		if !ok {
			return nil, false
		}
		b.WriteByte(ascii)
	}
	return []string{b.String()}, true
}

// class takes ranges of runes, as pairs.
func class(ranges []rune) (all []string, exact bool) {
	for i := 0; i+1 < len(ranges); i += 2 {
		if ranges[i+1]-ranges[i] >= 2*mostRunes {
			return nil, false
		}
		for r := ranges[i]; r <= ranges[i+1]; r++ {
			ascii, ok := folded(r)
			if !ok {
				return nil, false
			}
			if s := string(rune(ascii)); !slices.Contains(all, s) {
				all = append(all, s)
			}
		}
	}
	if len(all) > mostRunes {
		return nil, false
	}
	return all, true
}

// folded returns the character of ASCII, in lower case, that folds to the same as r.
func folded(r rune) (byte, bool) {
	for first := r; ; {
		if r <= unicode.MaxASCII {
			return byte(unicode.ToLower(r)), true
		}
		if r = unicode.SimpleFold(r); r == first {
			return 0, false
		}
	}
}

func either(subs []*syntax.Regexp) (all []string, exact bool) {
	exact = true
	for _, sub := range subs {
		some, whole := texts(sub)
		if !whole && len(some) == 0 {
			return nil, false
		}
		all, exact = append(all, some...), exact && whole
	}
	if len(all) > mostWords {
		return nil, false
	}
	return all, exact
}

// sequence joins what is exact and stands side by side, and takes the best of what is
// found so.
func sequence(subs []*syntax.Regexp) (best []string, exact bool) {
	exact = true
	run := []string{""}
	end := func(words []string) {
		if least(words) > least(best) {
			best = words
		}
	}
	for _, sub := range subs {
		some, whole := texts(sub)
		switch {
		case whole && len(run)*len(some) <= mostWords:
			run = joined(run, some)
			continue
		case whole:
			end(run)
			run = some
		default:
			end(run)
			end(some)
			run = []string{""}
		}
		exact = false
	}
	if exact {
		return run, true
	}
	end(run)
	return best, false
}

func joined(before, behind []string) (all []string) {
	for _, a := range before {
		for _, b := range behind {
			all = append(all, a+b)
		}
	}
	return all
}

// least is the length of the shortest word, by which a set is good; 0 where there is
// none.
func least(words []string) int {
	if len(words) == 0 {
		return 0
	}
	return len(slices.MinFunc(words, func(a, b string) int { return len(a) - len(b) }))
}

// fewest leaves out the words that another one is in.
func fewest(words []string) (some []string) {
	words = slices.Compact(slices.Sorted(slices.Values(words)))
	for _, w := range words {
		if w == "" {
			return nil
		}
		if !slices.ContainsFunc(words, func(other string) bool { return other != w && strings.Contains(w, other) }) {
			some = append(some, w)
		}
	}
	return some
}
