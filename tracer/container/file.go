package container

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
)

// maxFile bounds a state file: real ones have 10 to 300 KiB.
const maxFile = 4 << 20

var (
	errNotRegular = errors.New("not a regular file")
	errTooLarge   = errors.New("larger than a runtime's state")
)

// readJSON reads what v has fields for. encoding/json refuses documents nested
// deeper than 10000; the size bounds the rest.
func readJSON(path string, v any) error {
	f, err := openFile(path)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }() // only read
	raw, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		return err
	}
	if len(raw) > maxFile {
		return fmt.Errorf("%s: %w", path, errTooLarge)
	}
	if err := json.Unmarshal(raw, v); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}

// spec is what is read of an OCI bundle's config.json (runtime-spec, config.md and
// config-linux.md). A field of an unexpected type elsewhere is no reason to lose it.
type spec struct {
	Annotations map[string]string `json:"annotations"`
	Linux       struct {
		CgroupsPath string `json:"cgroupsPath"`
	} `json:"linux"`
	Mounts []struct {
		Source string `json:"source"`
	} `json:"mounts"`
}

// runcState is what is read of runc's state.json (libcontainer/container_linux.go,
// type State): where the bundle is, the init, and the cgroup of each hierarchy.
type runcState struct {
	ID          string            `json:"id"`
	InitPID     int32             `json:"init_process_pid"`
	InitStart   uint64            `json:"init_process_start"` // in ticks
	CgroupPaths map[string]string `json:"cgroup_paths"`
	Config      struct {
		Labels []string `json:"labels"` // "bundle=DIR" and the annotations
	} `json:"config"`
}

// crunStatus is what is read of crun's status (src/libcrun/status.c).
type crunStatus struct {
	PID        int32  `json:"pid"`
	Start      uint64 `json:"process-start-time"` // in ticks
	CgroupPath string `json:"cgroup-path"`
	Bundle     string `json:"bundle"`
}

// dockerConfig is what is read of Docker's config.v2.json (moby,
// daemon/container/container.go).
type dockerConfig struct {
	ID     string
	Name   string // with a slash before it
	Config struct {
		Image  string
		Labels map[string]string
	}
	NetworkSettings struct {
		Networks map[string]struct{ IPAddress, GlobalIPv6Address string }
	}
}

// stored is one entry of containers.json (containers/storage, containers.go): Podman's
// and CRI-O's names, which are in no bundle.
type stored struct {
	ID       string   `json:"id"`
	Names    []string `json:"names"`
	Metadata string   `json:"metadata"` // JSON within JSON
}

// readSpec reads the config.json of a bundle.
func readSpec(bundle string) (*spec, error) {
	var s spec
	if err := readJSON(filepath.Join(bundle, "config.json"), &s); err != nil {
		return nil, err
	}
	return &s, nil
}
