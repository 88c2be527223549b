package container

import (
	"os"
	"strings"
	"time"

	"github.com/ptrace-ns/ptrace-ns/events"
)

// dockerDir is where Docker keeps its containers, unless it has another data root.
const dockerDir = "/var/lib/docker/containers"

// dockerFiles remembers what Docker's own files said, by container, so that one is read
// again only when it has changed: Docker writes a new one and puts it in its place.
type dockerFiles map[string]dockerFile

type dockerFile struct {
	path string
	info os.FileInfo
	said *dockerConfig
}

// current reports whether the file that is there now is the one that was read.
func (f dockerFile) current(info os.FileInfo) bool {
	return f.info != nil && os.SameFile(f.info, info) && f.info.ModTime().Equal(info.ModTime()) && f.info.Size() == info.Size()
}

// dockerSaid returns what Docker's file in the directory says of the container, nil where
// it says nothing.
func (r *Resolver) dockerSaid(dir, id string) *dockerConfig {
	path := r.at(dir + "/config.v2.json")
	known, read := r.docker[id]
	info, err := os.Lstat(path)
	if err != nil || !validID(id) {
		return nil
	}
	if read && known.path == path && known.current(info) {
		return known.said
	}
	var d dockerConfig
	if readJSON(path, &d) != nil || d.ID != id {
		return nil
	}
	if r.docker == nil || len(r.docker) >= maxKnown {
		r.docker = dockerFiles{}
	}
	r.docker[id] = dockerFile{path, info, d.essence()}
	return r.docker[id].said
}

// essence is what is ever asked of it, as large as it may be.
func (d *dockerConfig) essence() *dockerConfig {
	e := &dockerConfig{ID: d.ID, Name: clipped(strings.TrimPrefix(d.Name, "/"))}
	e.Config.Image, e.Config.Labels = clipped(d.Config.Image), essential(d.Config.Labels)
	e.NetworkSettings = d.NetworkSettings
	return e
}

// tellDocker adds what Docker's own file says: in the usual place, or where the
// bundle's mounts come from (moby, daemon/container_operations_unix.go mounts
// DATA-ROOT/containers/ID/hostname).
func (r *Resolver) tellDocker(c *events.Container, s *spec) {
	dirs := []string{dockerDir + "/" + c.ID}
	if s != nil {
		for _, m := range s.Mounts {
			if dir, _, ok := strings.Cut(m.Source, "/containers/"+c.ID+"/"); ok {
				dirs = append(dirs, dir+"/containers/"+c.ID)
				break
			}
		}
	}
	for _, dir := range dirs {
		if d := r.dockerSaid(dir, c.ID); d != nil {
			c.Runtime, c.Source = "docker", "state"
			Annotate(c, d.Config.Labels)
			c.Name, c.Image = d.Name, d.Config.Image
			return
		}
	}
}

// renamed returns the container by its new name when Docker has given it one, else nil.
func (r *Resolver) renamed(c *events.Container) *events.Container {
	file, read := r.docker[c.ID]
	if !read {
		return nil
	}
	dir := strings.TrimSuffix(strings.TrimPrefix(file.path, strings.TrimSuffix(r.root, "/")), "/config.v2.json")
	d := r.dockerSaid(dir, c.ID)
	if d == nil || d.Name == "" || d.Name == c.Name {
		return nil
	}
	now := *c
	now.Name = d.Name
	return &now
}

// renameInterval is how often a container is looked at for a new name at most.
const renameInterval = time.Second

// Again says that a process executes something in the container: by now it may be called
// otherwise. It does not wait; a new name comes late.
func (l *Lookup) Again(c *events.Container) {
	if c == nil || c.Runtime != "docker" || c.Outer != nil {
		return
	}
	r := l.known.find(c, superuser)
	if r == nil || time.Since(r.looked) < renameInterval {
		return
	}
	r.looked = time.Now()
	known := r.container
	select {
	case l.disk <- func() {
		if now := l.resolver.renamed(known); now != nil {
			l.tellLate(Answer{Container: now})
		}
	}:
	default: // the next time
	}
}
