package container

import (
	"os"
	"path/filepath"
	"strings"
)

// bundleAt returns the directory of the bundle that a call names, empty where it cannot be
// told. A relative name is relative to where the program was called, but runc, crun and youki
// go into their bundle before they read it, and it may be there already when its directory is
// looked at. So the name counts from there, or is that directory; which, the config.json says
// or, where both have one, the directory of the caller.
func (r *Resolver) bundleAt(name string, by Caller) string {
	switch {
	case filepath.IsAbs(name):
		return name
	case by.Cwd == "":
		return ""
	}
	below := filepath.Join(by.Cwd, name)
	switch {
	case below == by.Cwd || !r.isBundle(by.Cwd):
		return below // it did not go there yet
	case by.From != "" && by.From != by.Cwd && r.same(filepath.Join(by.From, name), by.Cwd):
		return by.Cwd
	}
	switch called, gone := r.isBundle(below), endsIn(by.Cwd, name); {
	case called && (!gone || by.From == by.Cwd):
		return below
	case gone && !called:
		return by.Cwd
	}
	return ""
}

func (r *Resolver) isBundle(dir string) bool {
	info, err := os.Stat(r.at(dir + "/config.json"))
	return err == nil && info.Mode().IsRegular()
}

// same reports whether both are one directory: the kernel tells where a process is without
// the links by which it came there.
func (r *Resolver) same(a, b string) bool {
	one, err := os.Stat(r.at(a))
	if err != nil {
		return false
	}
	other, err := os.Stat(r.at(b))
	return err == nil && os.SameFile(one, other)
}

// endsIn reports whether the relative name may lead to the directory, from some other.
func endsIn(dir, name string) bool {
	name = filepath.Clean(name)
	for strings.HasPrefix(name, "../") {
		name = name[len("../"):]
	}
	return name != "." && name != ".." && strings.HasSuffix(dir, "/"+name)
}
