package container

import (
	"os"
	"path/filepath"
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

// storageDirs are where Podman and CRI-O keep bundles (containers-storage.conf(5),
// graphroot and runroot).
var storageDirs = []string{
	"/run/containers/storage/overlay-containers",
	"/var/lib/containers/storage/overlay-containers",
}

// states returns the places that know the id, those of managers before those of the
// runtimes that they call.
func (r *Resolver) states(id string) (all []state) {
	if !validID(id) {
		return nil
	}
	add := func(bundle, runtime string) {
		if _, err := os.Lstat(filepath.Join(bundle, "config.json")); err == nil {
			all = append(all, state{id: id, runtime: runtime, bundle: bundle})
		}
	}
	for _, d := range r.declared.of(id, nil) {
		if d.bundle != "" {
			add(r.at(d.bundle), managerOf(d.bundle, d.runtime))
		}
		if d.root != "" {
			all = r.addRunc(all, d.root, id)
		}
	}
	for _, dir := range taskDirs {
		for _, ns := range subdirs(r.at(dir)) {
			bundle := dir + "/" + ns + "/" + id
			add(r.at(bundle), managerOf(bundle, ""))
		}
	}
	if isID(id) {
		// Docker before 17.11, with a containerd of version 0.2.
		add(r.at("/run/docker/libcontainerd/"+id), "docker")
		for _, dir := range append(storageDirs, r.users("containers/overlay-containers")...) {
			add(r.at(dir+"/"+id+"/userdata"), "podman")
		}
	}
	for _, dir := range append([]string{"/run/runc"}, r.users("runc")...) {
		all = r.addRunc(all, dir, id)
	}
	for _, dir := range append([]string{"/run/crun"}, r.users("crun")...) {
		all = r.addCrun(all, dir, id)
	}
	return append(all, r.kept.of(id)...)
}

// users returns the directories of that name in the runtime directories of users.
func (r *Resolver) users(name string) (dirs []string) {
	for _, uid := range subdirs(r.at("/run/user")) {
		dirs = append(dirs, "/run/user/"+uid+"/"+name)
	}
	return dirs
}

func (r *Resolver) addRunc(all []state, dir, id string) []state {
	var saved runcState
	if readJSON(r.at(dir+"/"+id+"/state.json"), &saved) != nil || saved.ID != id {
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
		id: id, runtime: managerOf(bundle, "runc"), bundle: r.at(bundle), cgroups: saved.CgroupPaths, annotations: labels,
	})
}

func (r *Resolver) addCrun(all []state, dir, id string) []state {
	var saved crunStatus
	if readJSON(r.at(dir+"/"+id+"/status"), &saved) != nil || saved.Bundle == "" {
		return all
	}
	s := state{id: id, runtime: managerOf(saved.Bundle, "crun"), bundle: r.at(saved.Bundle)}
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
		return placed(parts, s.id, config.Linux.CgroupsPath)
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
	c.Name = first(c.Name, r.declared.name(c))
	r.kept.put(s, config)
}
