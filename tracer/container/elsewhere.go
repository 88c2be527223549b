package container

import (
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// elsewhere returns the ids of containers of this host whose cgroup this is though its name
// is not theirs: a bundle's cgroupsPath may be any. They are known from a call that was seen
// with its bundle, and from the states of what ran before. The latest called for comes first;
// those that the name has are not among them.
func (r *Resolver) elsewhere(parts, named []string) (ids []string) {
	if !r.surveyed {
		r.surveyed = true
		r.survey()
	}
	for _, id := range slices.Backward(r.kept.order) {
		if !slices.Contains(named, id) && slices.ContainsFunc(r.kept.of(id), func(s state) bool { return s.names(parts) }) {
			ids = append(ids, id)
		}
	}
	return ids
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
	all := func(uint32) bool { return true } // who is believed is asked for each cgroup
	runc := r.places([]string{"/run/runc"}, "runc", all)
	for _, dir := range runcDirs {
		for ns := range r.dirsIn(dir) {
			runc = append(runc, place{dir + "/" + ns, superuser})
		}
	}
	r.surveyIn(runc, r.addRunc)
	r.surveyIn(r.places([]string{"/run/crun"}, "crun", all), r.addCrun)
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
