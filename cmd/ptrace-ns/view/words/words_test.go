package words_test

import (
	"testing"

	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/words"
)

func TestDuration(t *testing.T) {
	for ns, want := range map[uint64]string{
		0: "0 ns", 999: "999 ns", 1000: "1 us", 12_345: "12.3 us", 400_000: "0.4 ms", 999_999: "0.9 ms",
		3_249_000_000: "3.2 s", 59_999_999_999: "59.9 s", 60_000_000_000: "1 min", 245_000_000_000: "4 min 5 s",
		7_380_000_000_000: "2 h 3 min", 90_000_000_000_000: "1 d 1 h",
	} {
		if got := words.Duration(ns); got != want {
			t.Errorf("%d: %s, want %s", ns, got, want)
		}
	}
}
