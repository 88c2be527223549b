package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestSecurityNames: what docs/security.md says of a threat, and docs/testing.md of what
// is tried, is shown by a test that exists.
func TestSecurityNames(t *testing.T) {
	const root = "../.."
	there := map[string]bool{}
	declared := regexp.MustCompile(`(?m)^func ((?:Test|Fuzz)\w+)\(`)
	err := filepath.WalkDir(root, func(path string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		source, err := os.ReadFile(path)
		for _, name := range declared.FindAllSubmatch(source, -1) {
			there[string(name[1])] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	named := regexp.MustCompile("`((?:Test|Fuzz)\\w+)`")
	for _, name := range []string{"security.md", "testing.md"} {
		document, err := os.ReadFile(filepath.Join(root, "docs", name))
		if err != nil {
			t.Fatal(err)
		}
		tests := named.FindAllSubmatch(document, -1)
		if len(tests) < 50 {
			t.Fatalf("%s names only %d tests", name, len(tests))
		}
		for _, test := range tests {
			if !there[string(test[1])] {
				t.Errorf("%s names %s, which does not exist", name, test[1])
			}
		}
	}
}
