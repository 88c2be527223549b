//go:build linux

package tracer

import (
	"os"
	"testing"
)

// TestMinBuffer: the buffer that is called the smallest is accepted, and half of it
// is not.
func TestMinBuffer(t *testing.T) {
	for _, o := range []Options{{}, {Env: true}, {MaxArgs: 32 << 10}, {MaxArgs: 32 << 10, Env: true}, {MaxArgs: 1 << 20}} {
		o.BufferBytes = o.MinBuffer()
		if err := o.Check(); err != nil {
			t.Errorf("%+v: %v", o, err)
		}
		if o.BufferBytes /= 2; o.BufferBytes >= os.Getpagesize() && o.Check() == nil {
			t.Errorf("%+v is accepted", o)
		}
	}
}

// TestDefaultArgsFit: a small buffer lowers a limit that nobody asked for.
func TestDefaultArgsFit(t *testing.T) {
	for _, env := range []bool{false, true} {
		for buffer := (Options{Env: env}).MinBuffer(); buffer <= DefaultBuffer; buffer *= 2 {
			o := Options{BufferBytes: buffer, Env: env}.withDefaults()
			if err := o.Check(); err != nil {
				t.Errorf("%+v: %v", o, err)
			}
			if o.MaxArgs > DefaultMaxArgs || buffer == DefaultBuffer && o.MaxArgs != DefaultMaxArgs {
				t.Errorf("%+v: argument limit, want %d or what fits", o, DefaultMaxArgs)
			}
		}
	}
}
