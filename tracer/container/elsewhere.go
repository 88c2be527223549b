package container

import (
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// elsewhere returns the ids of containers of this host whose cgroup this is though its name
// is not theirs: a bundle's cgroupsPath may be any. They are known from a call that was seen
// with its bundle or, where that could not be read, from the state that the runtime has
// written since; and from the states of what ran before. The latest called for comes first;
// those that the name has are not among them.
func (r *Resolver) elsewhere(parts, named []string) (ids []string) {
	if !r.surveyed {
		r.surveyed = true
		r.survey()
	}
	for _, id := range slices.Backward(r.missing) {
		if !slices.Contains(named, id) && r.written(id, parts, anybody).Container != nil {
			ids = append(ids, id) // and what its bundle says is kept from now on
			r.missing.drop(id)
		}
	}
	named = append(slices.Clone(named), ids...)
	for _, id := range slices.Backward(r.kept.order) {
		if !slices.Contains(named, id) && slices.ContainsFunc(r.kept.of(id), func(s state) bool { return s.names(parts) }) {
			ids = append(ids, id)
		}
	}
	return ids
}

// anybody believes all: whose the cgroup is, is looked at for what they are asked about.
func anybody(uint32) bool { return true }

// missing are the ids of the latest calls whose bundle could not be read, the latest last.
type missing []string

// maxMissing bounds how many states are looked for when a cgroup is nobody's.
const maxMissing = 16

func (all *missing) put(id string) {
	all.drop(id)
	if *all = append(*all, id); len(*all) > maxMissing {
		*all = slices.Delete(*all, 0, 1)
	}
}

func (all *missing) drop(id string) {
	*all = slices.DeleteFunc(*all, func(other string) bool { return other == id })
}

// names reports whether what is kept of the container says of this cgroup, whole, that it is
// its own. A path that begins at the root leads to one cgroup in each hierarchy: without the
// id in its name another that ends alike is not the container's.
func (s state) names(parts []string) bool {
	declared := s.said.Linux.CgroupsPath
	if s.cgroups == nil && path.IsAbs(declared) {
		return path.Clean(declared) == "/"+strings.Join(parts, "/")
	}
	if s.cgroups == nil {
		return declared != "" && placed(parts, s.id, declared)
	}
	return s.owns(parts, s.said)
}

// survey reads once what runc and crun have written of the containers that are there, and
// keeps it of those whose cgroups do not bear their ids. Others are found by those.
func (r *Resolver) survey() {
	runc := r.places([]string{"/run/runc"}, "runc", anybody)
	for _, dir := range runcDirs {
		for ns := range r.dirsIn(dir) {
			runc = append(runc, place{dir + "/" + ns, superuser})
		}
	}
	r.surveyIn(runc, r.addRunc)
	r.surveyIn(r.places([]string{"/run/crun"}, "crun", anybody), r.addCrun)
}

func (r *Resolver) surveyIn(places []place, add func([]state, place, string) []state) {
	for _, p := range places {
		for id := range r.dirsIn(p.dir) {
			if !validID(id) {
				continue
			}
			for _, s := range add(nil, p, id) {
				if config, ok := s.config(); ok && s.unnamed() {
					r.kept.put(s, config)
				}
			}
		}
	}
}

// unnamed reports whether the cgroups that the runtime wrote down are there to be found and
// do not bear the container's id.
func (s state) unnamed() bool {
	for _, dir := range s.cgroups {
		if len(dir) > maxKeptPath || slices.Contains(idsIn(filepath.Base(dir)), s.id) {
			return false
		}
	}
	return len(s.cgroups) > 0
}
