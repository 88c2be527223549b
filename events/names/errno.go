package names

import "strconv"

// errnos holds what the clone family, unshare, setns, prctl and pivot_root can
// return (their manual pages), and the kernel-internal restart codes, which a
// tracer sees because they are turned into EINTR only after the exit tracepoint.
var errnos = map[int64]string{
	1: "EPERM", 2: "ENOENT", 3: "ESRCH", 4: "EINTR", 5: "EIO", 7: "E2BIG", 9: "EBADF",
	10: "ECHILD", 11: "EAGAIN", 12: "ENOMEM", 13: "EACCES", 14: "EFAULT", 16: "EBUSY",
	17: "EEXIST", 19: "ENODEV", 20: "ENOTDIR", 22: "EINVAL", 23: "ENFILE", 24: "EMFILE",
	28: "ENOSPC", 36: "ENAMETOOLONG", 38: "ENOSYS", 40: "ELOOP", 75: "EOVERFLOW",
	87: "EUSERS", 95: "EOPNOTSUPP", 512: "ERESTARTSYS", 513: "ERESTARTNOINTR",
}

// AppendErrno appends the name of a positive error number, or "errno N".
func AppendErrno(b []byte, n int64) []byte {
	if name, ok := errnos[n]; ok {
		return append(b, name...)
	}
	return strconv.AppendInt(append(b, "errno "...), n, 10)
}
