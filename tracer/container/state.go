package container

import (
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/ptrace-ns/ptrace-ns/events"
)

// state is one place where a runtime keeps a container of some id.
type state struct {
	id, runtime string
	bundle      string            // directory of config.json
	cgroups     map[string]string // what the runtime says of its cgroups; nil is nothing
	annotations map[string]string // the bundle's, as the runtime keeps them
	said        *spec             // what the bundle said when it was read before; nil is nothing
	by          uint32            // uid of whose place it is
	init        life              // the container's PID 1, as the runtime wrote it down; zero is nothing
}

// config returns what the bundle says or, where it cannot be read any more, what it said
// or what the runtime has kept of it.
func (s state) config() (*spec, bool) {
	config, err := readSpec(s.bundle)
	switch {
	case err == nil:
		return config, true
	case s.said != nil:
		return s.said, true
	case s.cgroups != nil:
		return &spec{Annotations: s.annotations}, true
	}
	return nil, false
}

// namespaceOf is the containerd namespace that a bundle belongs to, by where it lies.
func namespaceOf(bundle string) string {
	_, rest, ok := strings.Cut(bundle, "/io.containerd.runtime.v")
	if part := strings.Split(rest, "/"); ok && len(part) >= 3 {
		return part[1]
	}
	return ""
}

// taskDirs are where containerd keeps a bundle for each namespace and container
// (core/runtime/v2/bundle.go): its own, the one that dockerd starts, k3s's.
var taskDirs = []string{
	"/run/containerd/io.containerd.runtime.v2.task",
	"/run/containerd/io.containerd.runtime.v1.linux",
	"/run/docker/containerd/daemon/io.containerd.runtime.v2.task",
	"/run/k3s/containerd/io.containerd.runtime.v2.task",
}

// runcDirs are where shims have runc keep its state, for each namespace: containerd's,
// wherever it keeps its bundles, and dockerd's.
var runcDirs = []string{"/run/containerd/runc", "/run/docker/runtime-runc"}

// storageDirs are where Podman and CRI-O keep bundles (containers-storage.conf(5),
// graphroot and runroot).
var storageDirs = []string{
	"/run/containers/storage/overlay-containers",
	"/var/lib/containers/storage/overlay-containers",
}

// states returns the places that know the id and are of those who are believed, in the
// order of ownFirst: of managers before those of the runtimes that they call. The
// namespace is containerd's, empty where any will do.
func (r *Resolver) states(id, namespace string, who believes) (all []state) {
	if !validID(id) {
		return nil
	}
	add := func(bundle, runtime string, by uint32) {
		if _, err := os.Lstat(filepath.Join(bundle, "config.json")); err == nil {
			all = append(all, state{id: id, runtime: runtime, bundle: bundle, by: by})
		}
	}
	for _, d := range r.declared.of(id, nil, who) {
		if d.bundle != "" {
			add(r.at(d.bundle), managerOf(d.bundle, d.runtime), d.by)
		}
		if d.root != "" {
			all = r.addRunc(all, place{d.root, d.by}, id)
			all = r.addCrun(all, place{d.root, d.by}, id)
		}
	}
	for _, dir := range taskDirs {
		for ns := range r.namespaces(dir, namespace) {
			bundle := dir + "/" + ns + "/" + id
			add(r.at(bundle), managerOf(bundle, ""), superuser)
		}
	}
	if isID(id) {
		// Docker before 17.11, with a containerd of version 0.2.
		add(r.at("/run/docker/libcontainerd/"+id), "docker", superuser)
		for _, p := range r.places(storageDirs, "containers/overlay-containers", who) {
			add(r.at(p.dir+"/"+id+"/userdata"), "podman", p.by)
		}
	}
	for _, dir := range runcDirs {
		for ns := range r.namespaces(dir, namespace) {
			all = r.addRunc(all, place{dir + "/" + ns, superuser}, id)
		}
	}
	for _, p := range r.places([]string{"/run/runc"}, "runc", who) {
		all = r.addRunc(all, p, id)
	}
	for _, p := range r.places([]string{"/run/crun"}, "crun", who) {
		all = r.addCrun(all, p, id)
	}
	for _, s := range r.kept.of(id) {
		if who(s.by) {
			all = append(all, s)
		}
	}
	slices.SortStableFunc(all, func(a, b state) int { return ownFirst(a.by, b.by) })
	return all
}

// namespaces returns those of containerd that the directory may have: the one, where that
// is known.
func (r *Resolver) namespaces(dir, known string) iter.Seq[string] {
	if validID(known) {
		return slices.Values([]string{known})
	}
	return r.dirsIn(dir)
}

// place is a directory in which state is kept, and whose it is.
type place struct {
	dir string
	by  uint32
}

// places returns root's directories, and those of that name in the runtime directories
// of the users who are believed: systemd names them by uid (pam_systemd(8)).
func (r *Resolver) places(roots []string, name string, who believes) (all []place) {
	for _, dir := range roots {
		all = append(all, place{dir, superuser})
	}
	for user := range r.dirsIn("/run/user") {
		if uid, err := strconv.ParseUint(user, 10, 32); err == nil && who(uint32(uid)) {
			all = append(all, place{"/run/user/" + user + "/" + name, uint32(uid)})
		}
	}
	return all
}

func (r *Resolver) addRunc(all []state, in place, id string) []state {
	var saved runcState
	if readJSON(r.at(in.dir+"/"+id+"/state.json"), &saved) != nil || saved.ID != id {
		return all
	}
	labels := map[string]string{}
	for _, label := range saved.Config.Labels {
		if key, value, ok := strings.Cut(label, "="); ok {
			labels[key] = value
		}
	}
	bundle := labels["bundle"]
	if bundle == "" {
		return all
	}
	return append(all, state{
		id: id, runtime: managerOf(bundle, "runc"), bundle: r.at(bundle), cgroups: saved.CgroupPaths, annotations: labels, by: in.by,
		init: life{saved.InitPID, saved.InitStart},
	})
}

func (r *Resolver) addCrun(all []state, in place, id string) []state {
	var saved crunStatus
	if readJSON(r.at(in.dir+"/"+id+"/status"), &saved) != nil || saved.Bundle == "" {
		return all
	}
	s := state{id: id, runtime: managerOf(saved.Bundle, "crun"), bundle: r.at(saved.Bundle), by: in.by, init: life{saved.PID, saved.Start}}
	if saved.CgroupPath != "" {
		s.cgroups = map[string]string{"": saved.CgroupPath}
	}
	return append(all, s)
}

// managerOf names who made the bundle by where it lies, else the runtime itself.
func managerOf(bundle, runtime string) string {
	switch {
	case strings.Contains(bundle, "/io.containerd.runtime.v") && strings.Contains(bundle, "/moby/"),
		strings.Contains(bundle, "/docker/libcontainerd/"):
		return "docker"
	case strings.Contains(bundle, "/io.containerd.runtime.v"):
		return "containerd"
	case strings.Contains(bundle, "/overlay-containers/"):
		return "podman"
	}
	return runtime
}

// fits reports whether the state can be that of a container of the runtime that its
// cgroup's path names. CRI-O's and Podman's lie in the same place.
func (s state) fits(runtime string) bool {
	return runtime == "" || runtime == s.runtime || runtime == "cri-o" && s.runtime == "podman"
}

// owns reports whether the runtime says that the cgroup is this container's.
func (s state) owns(parts []string, config *spec) bool {
	if s.cgroups == nil {
		path := config.Linux.CgroupsPath
		// A relative one is below the runtime's own cgroup, most often the root: where else,
		// the runtime's state says, or the id does.
		if path != "" && !filepath.IsAbs(path) && !strings.Contains(path, ":") && !strings.Contains(parts[len(parts)-1], s.id) {
			return strings.Join(parts, "/") == filepath.Clean(path)
		}
		return placed(parts, s.id, path)
	}
	path := "/" + strings.Join(parts, "/")
	for _, dir := range s.cgroups {
		mount, ok := strings.CutSuffix(dir, path)
		if ok && (mount == "" || mount == cgroupMount || filepath.Dir(mount) == cgroupMount) {
			return true
		}
	}
	return false
}

// cgroupMount is where hierarchies are mounted, the v1 ones below it.
const cgroupMount = "/sys/fs/cgroup"

// tell completes the container from its bundle and from what its manager keeps.
func (s state) tell(r *Resolver, c *events.Container, config *spec) {
	c.Runtime, c.Source = first(c.Runtime, s.runtime), "state"
	c.Namespace = first(namespaceOf(s.bundle), c.Namespace)
	Annotate(c, config.Annotations)
	switch s.runtime {
	case "docker":
		r.tellDocker(c, config)
	case "podman":
		r.tellStored(c, s.bundle)
	}
	name, _ := r.declared.name(c, believed(s.by))
	c.Name = first(c.Name, name)
	r.kept.put(s, config)
}
