package main

import (
	"bytes"
	"os/exec"
	"testing"

	"github.com/ptrace-ns/ptrace-ns/internal/golden"
)

// TestLicenses: what is linked is what the documents list.
func TestLicenses(t *testing.T) {
	if _, err := exec.LookPath("go"); err != nil {
		t.Skipf("a machine without Go, as the emulated ones: %v", err)
	}
	table, texts, err := list("linux", "darwin", "windows")
	if err != nil {
		t.Fatal(err)
	}
	if n := bytes.Count(table, []byte("\n")); n < 30 {
		t.Fatalf("%d lines, want those of all modules:\n%s", n, table)
	}
	golden.Check(t, "../../docs/licenses.md", table)
	if want := golden.Read(t, "../../LICENSES/third-party.txt"); want != string(texts) {
		t.Error("LICENSES/third-party.txt is not what is linked: make licenses")
	}
}

func TestIdentify(t *testing.T) {
	for text, want := range map[string]string{
		"MIT License\nPermission is hereby granted,\n free of charge, to any person obtaining a copy": "MIT",
		"Apache License\n   Version 2.0, January 2004":                                                "Apache-2.0",
		"GNU GENERAL PUBLIC LICENSE Version 3":                                                        "",
		"":                                                                                            "",
	} {
		if got := identify(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}
