package oracle

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// stat is what /proc/PID/stat says.
type stat struct {
	ID
	state byte
	ppid  int
}

func readStat(path string) (stat, error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return stat{}, err
	}
	pid, _, _ := bytes.Cut(raw, []byte{' '})
	fields := strings.Fields(string(raw[bytes.LastIndexByte(raw, ')')+1:]))
	if len(fields) < 20 {
		return stat{}, fmt.Errorf("%s: only %d fields", path, len(fields))
	}
	s := stat{state: fields[0][0]}
	var errs [3]error
	s.PID, errs[0] = strconv.Atoi(string(pid))
	s.ppid, errs[1] = strconv.Atoi(fields[1])
	s.Ticks, errs[2] = strconv.ParseUint(fields[19], 10, 64)
	return s, errors.Join(errs[:]...)
}

func statOf(pid int) (stat, error) { return readStat(fmt.Sprintf("/proc/%d/stat", pid)) }

// numbers returns the PID at every level, outermost first.
func numbers(pid int) ([]Number, error) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return nil, err
	}
	_, rest, _ := strings.Cut(string(status), "\nNSpid:")
	line, _, _ := strings.Cut(rest, "\n")
	var chain []Number
	for field := range strings.FieldsSeq(line) {
		n, err := strconv.Atoi(field)
		if err != nil {
			return nil, err
		}
		chain = append(chain, Number{PID: n})
	}
	return chain, nil
}

// readChain returns the numbers with their namespaces.
func readChain(pid int) ([]Number, error) {
	chain, err := numbers(pid)
	if err != nil {
		return nil, err
	}
	ns, err := os.Open(fmt.Sprintf("/proc/%d/ns/pid", pid))
	if err != nil {
		return nil, err
	}
	defer func() { ns.Close() }()
	for i := range slices.Backward(chain) {
		var st unix.Stat_t
		if err := unix.Fstat(int(ns.Fd()), &st); err != nil {
			return nil, err
		}
		chain[i].Inum = uint32(st.Ino)
		if i == 0 {
			break
		}
		fd, err := unix.IoctlRetInt(int(ns.Fd()), unix.NS_GET_PARENT)
		if err != nil {
			return nil, fmt.Errorf("process %d: parent of PID namespace: %w", pid, err)
		}
		ns.Close()
		ns = os.NewFile(uintptr(fd), "pidns")
	}
	return chain, nil
}

// tasks returns the threads of a process, the leader included, in order.
func tasks(pid int) ([]int, error) {
	dir, err := os.ReadDir(fmt.Sprintf("/proc/%d/task", pid))
	if err != nil {
		return nil, err
	}
	var tids []int
	for _, entry := range dir {
		tid, err := strconv.Atoi(entry.Name())
		if err != nil {
			return nil, err
		}
		tids = append(tids, tid)
	}
	slices.Sort(tids)
	return tids, nil
}

// look brings up to date what /proc says of a living process.
func (n *node) look() error {
	tids, err := tasks(n.PID)
	if err != nil {
		return err
	}
	n.TIDs = slices.DeleteFunc(tids, func(tid int) bool { return tid == n.PID })
	comm, err := os.ReadFile(fmt.Sprintf("/proc/%d/comm", n.PID))
	if err != nil {
		return err
	}
	n.Comm = strings.TrimSuffix(string(comm), "\n")
	// The image of a process whose leader has ended is seen through its threads.
	at := fmt.Sprintf("/proc/%d", n.PID)
	if n.leaderless {
		at = fmt.Sprintf("%s/task/%d", at, n.TIDs[len(n.TIDs)-1])
	}
	args, err := os.ReadFile(at + "/cmdline")
	if err != nil {
		return err
	}
	n.Args = string(args)
	n.Exe, err = os.Readlink(at + "/exe")
	return err
}
