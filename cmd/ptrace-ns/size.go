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
	n, ok := parseSize(text, 31)
	if !ok {
		return fmt.Errorf("size %q is not a number below 2 GiB with an optional K, M, KiB or MiB", text)
	}
	*s = size(n)
	return nil
}

// parseSize reads a number below 2 to the power of bits.
func parseSize(text string, bits int) (uint64, bool) {
	for _, unit := range sizeUnits {
		digits, ok := strings.CutSuffix(strings.ToUpper(text), unit.suffix)
		if !ok {
			continue
		}
		n, err := strconv.ParseUint(strings.TrimSpace(digits), 10, bits)
		return n << unit.shift, err == nil && n <= 1<<bits>>unit.shift-1
	}
	return 0, false
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

// bulk is a number of bytes on a disk.
type bulk int64

// Set implements pflag.Value.
func (b *bulk) Set(text string) error {
	n, ok := parseSize(text, 50)
	if !ok {
		return fmt.Errorf("size %q is not a number with an optional K, M, G, KiB, MiB or GiB", text)
	}
	*b = bulk(n)
	return nil
}

// String implements pflag.Value.
func (b bulk) String() string { return size(b).String() }

// Type implements pflag.Value.
func (*bulk) Type() string { return "SIZE" }
