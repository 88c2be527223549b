package ndjson

import (
	"math"
	"strconv"
	"testing"
)

func TestAppendUint(t *testing.T) {
	numbers := []uint64{0, math.MaxUint64, math.MaxUint64 - 1, 12345, 4026531836}
	for limit := uint64(1); ; limit *= 10 {
		numbers = append(numbers, limit-1, limit, limit+1)
		if limit > math.MaxUint64/10 {
			break
		}
	}
	for _, n := range numbers {
		if got, want := string(appendUint([]byte("x"), n)), "x"+strconv.FormatUint(n, 10); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}
