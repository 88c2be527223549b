//go:build linux

package tracer

import "testing"

func TestLockdownLevel(t *testing.T) {
	for text, want := range map[string]string{
		"none [integrity] confidentiality\n": "integrity",
		"none integrity [confidentiality]\n": "confidentiality",
		"":                                   "",
	} {
		if got := lockdownLevel(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}
