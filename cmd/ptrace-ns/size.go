package main

import (
	"fmt"
	"math/bits"
	"strconv"
	"strings"
)

// size is a number of bytes as people write it: 32768, 32KiB, 8M.
type size int

var sizeUnits = []struct {
	suffix string
	shift  int
}{{"GIB", 30}, {"MIB", 20}, {"KIB", 10}, {"G", 30}, {"M", 20}, {"K", 10}, {"B", 0}, {"", 0}}

// Set implements pflag.Value.
func (s *size) Set(text string) error {
	for _, unit := range sizeUnits {
		digits, ok := strings.CutSuffix(strings.ToUpper(text), unit.suffix)
		if !ok {
			continue
		}
		n, err := strconv.ParseUint(strings.TrimSpace(digits), 10, 31)
		if err != nil || n > 1<<31>>unit.shift-1 {
			return fmt.Errorf("size %q is not a number below 2 GiB with an optional K, M, KiB or MiB", text)
		}
		*s = size(n << unit.shift)
		return nil
	}
	return nil
}

// String implements pflag.Value.
func (s size) String() string {
	switch n := int(s); {
	case n >= 1<<20 && n%(1<<20) == 0:
		return strconv.Itoa(n>>20) + "MiB"
	case n >= 1<<10 && n%(1<<10) == 0:
		return strconv.Itoa(n>>10) + "KiB"
	default:
		return strconv.Itoa(n)
	}
}

// Type implements pflag.Value.
func (*size) Type() string { return "SIZE" }

// powerOfTwo reports whether it is one, as a ring buffer's size must be.
func (s size) powerOfTwo() bool { return bits.OnesCount(uint(s)) == 1 }
