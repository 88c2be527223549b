package container

import (
	"os"
	"path/filepath"

	"github.com/ptrace-ns/ptrace-ns/events"
)

// Anybody can call a program as a runtime is called, write a bundle, and keep state files
// in a directory of his own. So what is said of a cgroup counts when root says it, or
// who owns the cgroup: he may move processes there, which makes a container of it.

const (
	superuser = 0
	// noUser is what chown(2) takes for no change: nobody's uid.
	noUser = ^uint32(0)
)

// Caller is who was called with the arguments of a Call.
type Caller struct {
	Key     events.ProcKey
	Program string // as the table of programs has it
	// UID is the effective one in the initial user namespace.
	UID   uint32
	Cwd   string            // the working directory when it was looked at; empty is not known
	From  string            // that of its parent, from where it was called; empty is not known
	Outer *events.Container // in which it runs; nil is the host
}

// CallerOf returns the process as a caller. One whose uid is not known is believed nothing.
func CallerOf(p *events.Process, program, cwd string) Caller {
	by := Caller{Key: p.Key, Program: program, UID: noUser, Cwd: cwd, Outer: p.Container}
	if p.HasIDs {
		by.UID = p.UID
	}
	return by
}

// believes reports whether what somebody says counts for what is asked about.
type believes func(uid uint32) bool

// believed is for a question of a user about what he says himself.
func believed(user uint32) believes {
	return func(uid uint32) bool { return uid == superuser || uid == user }
}

// ownFirst orders who says something of a cgroup: who owns it knows better than root, who
// is believed everywhere and may mean another one of the same name.
func ownFirst(a, b uint32) int {
	switch a {
	case b:
		return 0
	case superuser:
		return 1
	}
	return -1
}

// ofCgroup is for a question about a cgroup, whose owner is looked up when it matters.
func (r *Resolver) ofCgroup(parts []string) believes {
	owner, looked := uint32(superuser), false
	return func(uid uint32) bool {
		if uid != superuser && !looked {
			owner, looked = r.owner("/"+filepath.Join(parts...)), true
		}
		return uid == superuser || uid == owner
	}
}

// cgroupOwner returns the uid that owns the cgroup, in each hierarchy that has one of
// that path; root's where they differ or where it is gone.
func (r *Resolver) cgroupOwner(path string) uint32 {
	mount := r.at(cgroupMount)
	hierarchies := []string{mount}
	// The file is in every cgroup of v2: without it v1's are mounted below.
	if _, err := os.Lstat(filepath.Join(mount, "cgroup.controllers")); err != nil {
		hierarchies = nil
		for name := range r.dirsIn(cgroupMount) {
			hierarchies = append(hierarchies, filepath.Join(mount, name))
		}
	}
	owner := noUser
	for _, dir := range hierarchies {
		uid, ok := fileOwner(filepath.Join(dir, path))
		if ok && owner != noUser && uid != owner {
			return superuser
		}
		if ok {
			owner = uid
		}
	}
	if owner == noUser {
		return superuser
	}
	return owner
}

// finding is a container and who says that it is one, or the several that have a cgroup.
type finding struct {
	*events.Container
	by      uint32
	tenants Tenants
}

func (f finding) found() Found { return Found{f.Container, f.tenants} }

// Found is whose a cgroup is: one container's, several's, or nobody's that is known.
type Found struct {
	Container *events.Container
	Tenants   Tenants
}
