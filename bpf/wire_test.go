//go:build linux

package bpf

import (
	"testing"
	"unsafe"
)

// TestWire pins what event.h promises, in numbers counted by hand: a record that
// moved by a byte would still decode, into nonsense.
func TestWire(t *testing.T) {
	for _, c := range []struct {
		name      string
		got, want uintptr
	}{
		{"rec_hdr", unsafe.Sizeof(probesRecHdr{}), 16},
		{"rec_hdr.drops", unsafe.Offsetof(probesRecHdr{}.Drops), 8},
		{"rec_hdr.cpu", unsafe.Offsetof(probesRecHdr{}.Cpu), 12},
		{"rec_hdr.kind", unsafe.Offsetof(probesRecHdr{}.Kind), 14},
		{"rec_hdr.levels", unsafe.Offsetof(probesRecHdr{}.Levels), 15},
		{"task_core", unsafe.Sizeof(probesTaskCore{}), 56},
		{"task_core.tgid", unsafe.Offsetof(probesTaskCore{}.Tgid), 24},
		{"task_core.comm", unsafe.Offsetof(probesTaskCore{}.Comm), 40},
		{"task_full", unsafe.Sizeof(probesTaskFull{}), 72},
		{"task_full.ns_mnt", unsafe.Offsetof(probesTaskFull{}.NsMnt), 24},
		{"task_full.pidns_owner", unsafe.Offsetof(probesTaskFull{}.PidnsOwner), 52},
		{"task_full.parent_comm", unsafe.Offsetof(probesTaskFull{}.ParentComm), 56},
		{"task_ref", unsafe.Sizeof(probesTaskRef{}), 32},
		{"pid_level", unsafe.Sizeof(probesPidLevel{}), 16},
		{"fork_rec", unsafe.Sizeof(probesForkRec{}), 208},
		{"fork_rec.creator", unsafe.Offsetof(probesForkRec{}.Creator), 144},
		{"fork_rec.clone_flags", unsafe.Offsetof(probesForkRec{}.CloneFlags), 192},
		{"exec_rec", unsafe.Sizeof(probesExecRec{}), 184},
		{"exec_rec.args_size", unsafe.Offsetof(probesExecRec{}.ArgsSize), 144},
		{"exec_rec.filename_len", unsafe.Offsetof(probesExecRec{}.FilenameLen), 168},
		{"exec_rec.shape", unsafe.Offsetof(probesExecRec{}.Shape), 175},
		{"exec_small", unsafe.Sizeof(probesExecSmall{}), 392},
		{"exec_small.exe", unsafe.Offsetof(probesExecSmall{}.Exe), 288},
		{"exec_medium", unsafe.Sizeof(probesExecMedium{}), 1208},
		{"exec_medium.exe", unsafe.Offsetof(probesExecMedium{}.Exe), 696},
		{"exec_large", unsafe.Sizeof(probesExecLarge{}), 9672},
		{"exec_large.exe", unsafe.Offsetof(probesExecLarge{}.Exe), 5064},
		{"exit_rec", unsafe.Sizeof(probesExitRec{}), 152},
		{"exit_rec.init", unsafe.Offsetof(probesExitRec{}.Init), 104},
		{"exit_rec.code", unsafe.Offsetof(probesExitRec{}.Code), 136},
		{"exit_rec.group_dead", unsafe.Offsetof(probesExitRec{}.GroupDead), 148},
		{"signal_rec", unsafe.Sizeof(probesSignalRec{}), 136},
		{"signal_rec.ns_id", unsafe.Offsetof(probesSignalRec{}.NsId), 104},
		{"signal_rec.sig", unsafe.Offsetof(probesSignalRec{}.Sig), 116},
		{"signal_rec.result", unsafe.Offsetof(probesSignalRec{}.Result), 128},
		{"signal_rec.own", unsafe.Offsetof(probesSignalRec{}.Own), 130},
		{"signal_rec.si_pid", unsafe.Offsetof(probesSignalRec{}.SiPid), 132},
		{"rename_rec", unsafe.Sizeof(probesRenameRec{}), 96},
		{"attach_rec", unsafe.Sizeof(probesAttachRec{}), 144},
		{"shown_rec", unsafe.Sizeof(probesShownRec{}), 144},
		{"process_key", unsafe.Sizeof(ProcessKey{}), 16},
		{"oom_rec", unsafe.Sizeof(probesOomRec{}), 72},
		{"cgroup_rec.path", unsafe.Offsetof(probesCgroupRec{}.Path), 64}, // Go pads what ends in an empty array
		{"cgroup_rec.path_len", unsafe.Offsetof(probesCgroupRec{}.PathLen), 60},
		{"syscall_rec", unsafe.Sizeof(probesSyscallRec{}), 624},
		{"syscall_rec.call", unsafe.Offsetof(probesSyscallRec{}.Call), 108},
		{"syscall_rec.put_old", unsafe.Offsetof(probesSyscallRec{}.PutOld), 368},
		{"exit_rec.seccomp", unsafe.Offsetof(probesExitRec{}.Seccomp), 149},
		{"task_job", unsafe.Sizeof(probesTaskJob{}), 80},
		{"task_job.state", unsafe.Offsetof(probesTaskJob{}.State), 20},
		{"task_job.tty", unsafe.Offsetof(probesTaskJob{}.Tty), 30},
		{"task_job.ptracer", unsafe.Offsetof(probesTaskJob{}.Ptracer), 48},
		{"snapshot_rec", unsafe.Sizeof(probesSnapshotRec{}), 232},
		{"snapshot_rec.job", unsafe.Offsetof(probesSnapshotRec{}.Job), 152},
		{"snapshot_rec.exit_code", unsafe.Offsetof(probesSnapshotRec{}.ExitCode), 148},
		{"counters", unsafe.Sizeof(probesCounters{}), 400},
		{"counters.births_fork", unsafe.Offsetof(probesCounters{}.BirthsFork), 392},
	} {
		if c.got != c.want {
			t.Errorf("%s: %d, want %d", c.name, c.got, c.want)
		}
	}
}
