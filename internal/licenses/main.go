// Licenses writes which modules are linked into the program and under which licence
// each may be passed on (docs/licenses.md), and the texts that must go with it
// (LICENSES/third-party.txt). It knows the licences that are accepted: a module with
// another is an error, and for somebody to decide.
package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

func main() {
	table, texts, err := list("linux", "darwin", "windows")
	if err == nil {
		err = os.WriteFile("docs/licenses.md", table, 0o644)
	}
	if err == nil {
		err = os.WriteFile("LICENSES/third-party.txt", texts, 0o644)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "licenses:", err)
		os.Exit(1)
	}
}

// list returns both documents for what is linked on any of these systems.
func list(systems ...string) (table, texts []byte, err error) {
	var modules []string
	for _, system := range systems {
		linked, err := linkedOn(system)
		if err != nil {
			return nil, nil, err
		}
		modules = append(modules, linked...)
	}
	slices.Sort(modules)
	var t, all bytes.Buffer
	var order []string             // each text once
	users := map[string][]string{} // of a text
	t.WriteString("# What is linked into the program\n\nMade by `make licenses`; their texts are in [LICENSES/third-party.txt](../LICENSES/third-party.txt).\n\n| module | version | licence |\n|---|---|---|\n")
	for _, module := range slices.Compact(modules) {
		part := strings.SplitN(module, " ", 3)
		text, err := textsIn(part[2])
		if err != nil {
			return nil, nil, err
		}
		id := identify(text)
		if id == "" {
			return nil, nil, fmt.Errorf("module %s: its licence is none that is known here; read it, and add it or leave the module", part[0])
		}
		fmt.Fprintf(&t, "| %s | %s | %s |\n", part[0], part[1], id)
		text = strings.TrimSpace(text)
		if users[text] == nil {
			order = append(order, text)
		}
		users[text] = append(users[text], part[0])
	}
	for _, text := range order {
		fmt.Fprintf(&all, "%s\n%s\n\n%s\n", strings.Repeat("=", 80), strings.Join(users[text], "\n"), text)
	}
	return t.Bytes(), all.Bytes(), nil
}

// linkedOn returns "path version directory" of each module.
func linkedOn(system string) ([]string, error) {
	const form = `{{with .Module}}{{if not .Main}}{{.Path}} {{.Version}} {{.Dir}}{{end}}{{end}}`
	cmd := exec.Command("go", "list", "-deps", "-f", form, "github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS="+system)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("go list: %w: %s", err, stderr.String())
	}
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	return slices.DeleteFunc(lines, func(l string) bool { return l == "" }), nil
}

// textsIn returns what a module says of its licence, notices included.
func textsIn(dir string) (string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return "", fmt.Errorf("licence: %w", err)
	}
	var all []string
	for _, e := range entries {
		base, _, _ := strings.Cut(strings.ToLower(e.Name()), ".")
		if !slices.Contains([]string{"license", "licence", "copying", "notice"}, base) || e.IsDir() {
			continue
		}
		raw, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			return "", fmt.Errorf("licence: %w", err)
		}
		all = append(all, string(raw))
	}
	return strings.Join(all, "\n"), nil
}

// known are the licences that the program may be linked with, each by words that only it
// has; the first that fits is meant.
var known = []struct{ id, words string }{
	{"BSD-3-Clause OR GPL-2.0-only", "SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only"},
	{"MIT AND Apache-2.0", "covered by two different licenses: MIT and Apache"},
	{"Apache-2.0", "Apache License Version 2.0, January 2004"},
	{"BSD-3-Clause", "may be used to endorse or promote products derived from"},
	{"BSD-2-Clause", "Redistribution and use in source and binary forms"},
	{"MIT", "Permission is hereby granted, free of charge, to any person obtaining a copy"},
}

// identify returns the licence's SPDX name, "" for one that is not known.
func identify(text string) string {
	text = strings.ReplaceAll(strings.Join(strings.Fields(text), " "), "> ", "")
	for _, k := range known {
		if strings.Contains(text, k.words) {
			return k.id
		}
	}
	return ""
}
