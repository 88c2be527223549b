//go:build linux

package main

import (
	"archive/tar"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/ptrace-ns/ptrace-ns/internal/vm/order"
)

func fields(text []byte) []string { return strings.Fields(string(text)) }

func loadModule(path string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	if err := unix.FinitModule(int(file.Fd()), "", 0); err != nil && !errors.Is(err, unix.EEXIST) {
		return fmt.Errorf("module %s: %w", filepath.Base(path), err)
	}
	return nil
}

// openPorts opens the ports by their names; the driver makes them some time after
// it is loaded.
func openPorts() (map[string]*os.File, error) {
	ports := map[string]*os.File{}
	for range 500 {
		names, err := filepath.Glob("/sys/class/virtio-ports/*/name")
		if err != nil {
			return nil, err
		}
		for _, path := range names {
			raw, err := os.ReadFile(path)
			name := strings.TrimSpace(string(raw))
			if err != nil || ports[name] != nil {
				continue
			}
			port, err := os.OpenFile(filepath.Join("/dev", filepath.Base(filepath.Dir(path))), os.O_WRONLY, 0)
			if err != nil {
				return nil, err
			}
			ports[name] = port
		}
		if len(ports) >= len(order.Ports) {
			return ports, nil
		}
		time.Sleep(10 * time.Millisecond)
	}
	return nil, fmt.Errorf("ports: %d came, want %d", len(ports), len(order.Ports))
}

// sendFiles sends what the command left.
func sendFiles(to *os.File) error {
	w := tar.NewWriter(to)
	if err := w.AddFS(os.DirFS(order.Out)); err != nil {
		return fmt.Errorf("files: %w", err)
	}
	return w.Close()
}
