package main

import (
	"archive/tar"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/ptrace-ns/ptrace-ns/internal/vm/order"
)

// program is where the program is in the machine.
const program = "/vm/program"

// fill writes the machine's first and only file system. It returns which of the
// files that come back belong to which paths here.
func (o options) fill(to io.Writer, modules []string) (cover map[string]string, err error) {
	a := newArchive(to)
	for _, root := range o.roots {
		if err := a.tree("/", root); err != nil {
			return nil, err
		}
	}
	for _, add := range o.adds {
		from, path, ok := strings.Cut(add, ":")
		if !ok {
			return nil, fmt.Errorf("-add %s: no colon in it", add)
		}
		if from, err = filepath.EvalSymlinks(from); err != nil {
			return nil, fmt.Errorf("-add %s: %w", add, err)
		}
		if err := a.tree(path, from); err != nil {
			return nil, err
		}
	}
	dir, err := os.Getwd()
	if err != nil {
		return nil, fmt.Errorf("working directory: %w", err)
	}
	if err := addModule(a, dir); err != nil {
		return nil, err
	}
	work := order.Order{Env: environ(o.accel), Dir: dir}
	for _, name := range modules {
		path := "/vm/modules/" + name
		work.Modules = append(work.Modules, path)
		if err := a.file(path, filepath.Join(o.kernelDir, name)); err != nil {
			return nil, err
		}
	}
	work.Args, cover = rewrite(o.program)
	raw, err := json.Marshal(work)
	if err != nil {
		return nil, fmt.Errorf("order: %w", err)
	}
	a.bytes(order.Path, raw)
	a.dir(order.Out, 0o755)
	a.dir(dir, 0o755)
	if err := a.file(program, o.program[0]); err != nil {
		return nil, err
	}
	if err := a.file("/init", o.init); err != nil {
		return nil, err
	}
	return cover, a.close()
}

// addModule adds the Go module around the working directory, at the same place: tests
// read their testdata and the documents.
func addModule(a *archive, dir string) error {
	out, err := exec.Command("git", "-C", dir, "rev-parse", "--show-toplevel").Output()
	if err != nil {
		return nil //nolint:nilerr // no checkout, nothing to bring
	}
	top := strings.TrimSpace(string(out))
	files, err := exec.Command("git", "-C", top, "ls-files", "-z", "--cached", "--others", "--exclude-standard").Output()
	if err != nil {
		return fmt.Errorf("module's files: %w", err)
	}
	for name := range strings.SplitSeq(string(files), "\x00") {
		path := filepath.Join(top, name)
		if info, err := os.Lstat(path); err != nil || info.IsDir() {
			continue // deleted, or the end of the list
		}
		if err := a.file(path, path); err != nil {
			return err
		}
	}
	return nil
}

// passed is how the names of variables begin that the program gets.
var passed = []string{"PTRACE_NS_", "ORACLE_", "GOTRACEBACK=", "GODEBUG="}

// environ is what the program gets of this environment, and what the machine adds.
func environ(accel string) []string {
	env := []string{
		"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root", "TMPDIR=/tmp", "LANG=C.UTF-8",
		"PTRACE_NS_OUT=" + order.Out,
	}
	if accel == "tcg" {
		env = append(env, "PTRACE_NS_EMULATED=1")
	}
	for _, v := range os.Environ() {
		if slices.ContainsFunc(passed, func(prefix string) bool { return strings.HasPrefix(v, prefix) }) {
			env = append(env, v)
		}
	}
	return env
}

// rewrite sends coverage to where files come back from.
func rewrite(args []string) (rewritten []string, cover map[string]string) {
	cover = map[string]string{}
	rewritten = []string{program}
	for _, arg := range args[1:] {
		if path, ok := strings.CutPrefix(arg, "-test.coverprofile="); ok {
			cover["cover.out"] = path
			arg = "-test.coverprofile=" + order.Out + "/cover.out"
		}
		rewritten = append(rewritten, arg)
	}
	return rewritten, cover
}

// bring unpacks what came back: into dir, and where cover says.
func bring(files []byte, dir string, cover map[string]string) error {
	for r := tar.NewReader(bytes.NewReader(files)); ; {
		header, err := r.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("files from the machine: %w", err)
		}
		path := cover[header.Name]
		if path == "" && dir != "" && filepath.IsLocal(header.Name) {
			path = filepath.Join(dir, header.Name)
		}
		if path == "" {
			continue
		}
		data, err := io.ReadAll(r)
		if err == nil {
			err = os.MkdirAll(filepath.Dir(path), 0o755)
		}
		if err == nil {
			err = os.WriteFile(path, data, 0o644)
		}
		if err != nil {
			return fmt.Errorf("files from the machine: %w", err)
		}
	}
}
