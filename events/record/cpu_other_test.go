//go:build !unix

package record_test

import (
	"testing"
	"time"
)

var started = time.Now()

// cpuTime is the clock where there is no better.
func cpuTime(*testing.B) time.Duration { return time.Since(started) }
