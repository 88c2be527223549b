// SPDX-License-Identifier: MIT
//
// Executing: hostile and huge arguments, names that lie, images without a name,
// scripts, and execs that fail. It makes its files in the working directory.
#include "helper.h"
#include <elf.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/sendfile.h>

// Literals that end before a digit or letter: "\x9b" "a" is not "\x9ba".
#define HOSTILE_NAME "pn-\x1b[2J\r\n\xe2\x80\xae"

struct image {
	const char *role;
	const char *path; // what execve is given
	char **args;
	const char *comm; // to take afterwards
	int fd;           // instead of path when > 0
};

// execute is the body of a child that becomes the image, or tells why it cannot.
static void execute(void *arg)
{
	struct image *im = arg;
	char role[64], comm[64];
	char *env[] = { role, "PN_CODE=0", im->comm ? comm : NULL, NULL };

	snprintf(role, sizeof(role), "PN_ROLE=%s", im->role);
	snprintf(comm, sizeof(comm), "PN_COMM=%s", im->comm ? im->comm : "");
	if (im->fd > 0)
		syscall(SYS_execveat, im->fd, "", im->args, env, AT_EMPTY_PATH);
	else
		execve(im->path, im->args, env);
	say_error(im->role, "execve");
	_exit(127);
}

static void run(struct image im)
{
	reap(im.role, must_spawn(im.role, 0, execute, &im));
}

static int copy_self_to(int to)
{
	struct stat st;
	int from = open(self_path, O_RDONLY | O_CLOEXEC);

	if (from < 0 || fstat(from, &st) || sendfile(to, from, NULL, st.st_size) != st.st_size)
		die("copy");
	close(from);
	return to;
}

static void copy_self(const char *path)
{
	int to = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0755);

	if (to < 0)
		die(path);
	close(copy_self_to(to));
}

static void write_file(const char *path, const void *bytes, size_t n)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0755);

	if (fd < 0 || write(fd, bytes, n) != (ssize_t)n)
		die(path);
	close(fd);
}

// S01: what would act on a terminal, in arguments and in the file's name.
static void s01(int argc, char **argv)
{
	char *args[] = { "S01",    "\x1b[2J",     "\x1b]52;c;aGk=\a", "a\rb", "a\nb", "\t\b",
			 "\x9b" "31m", "\xc2\x9b" "31m", "\xe2\x80\xae" "txt", "\xe2\x80\xa8", "\x7f", NULL };

	(void)argc, (void)argv;
	copy_self(HOSTILE_NAME);
	run((struct image){ .role = "hostile", .path = "./" HOSTILE_NAME, .args = args });
}

// S02: a name of two lines.
static void two_lines(void *arg)
{
	(void)arg;
	prctl(PR_SET_NAME, "pn-a\nb\x1b[7m");
	say("renamed", "two-lines");
	_exit(0);
}

static void s02(int argc, char **argv)
{
	(void)argc, (void)argv;
	reap("two-lines", must_spawn("two-lines", 0, two_lines, NULL));
}

// S03: bytes that are no UTF-8, and arguments that are empty, the last one too.
static void s03(int argc, char **argv)
{
	char *args[] = { "S03", "\xff\xfe", "\xed\xa0\x80", "\xc3", "", "\xf4\x90\x80\x80", "", NULL };

	(void)argc, (void)argv;
	run((struct image){ .role = "not-utf8", .path = self_path, .args = args });
}

// S04: as long as an argument may be, as many as there may be, and none at all.
#define LONGEST 131071
#define MANY 100000

static char *of_length(size_t n)
{
	char *s = malloc(n + 1);

	if (!s)
		die("malloc");
	memset(s, 'x', n);
	s[n] = 0;
	return s;
}

static void s04(int argc, char **argv)
{
	// A quarter of the stack is the limit: 2 MiB, pointers and environment too.
	struct rlimit stack = { 8 << 20, 8 << 20 };
	char *one[] = { "S04", of_length(LONGEST), NULL }, *none[] = { NULL };
	char *too_long[] = { "S04", of_length(LONGEST + 1), NULL };
	char *total[17] = { "S04" }, **many = calloc(MANY + 1, sizeof(*many));

	(void)argc, (void)argv;
	if (setrlimit(RLIMIT_STACK, &stack) || !many)
		die("limits");
	for (int i = 1; i < 16; i++)
		total[i] = one[1];
	for (int i = 0; i < MANY; i++)
		many[i] = "";
	run((struct image){ .role = "longest", .path = self_path, .args = one });
	run((struct image){ .role = "too-long", .path = self_path, .args = too_long });
	run((struct image){ .role = "total", .path = self_path, .args = total });
	run((struct image){ .role = "many-empty", .path = self_path, .args = many });
	run((struct image){ .role = "none", .path = self_path, .args = none });
}

// S06: looks like a kernel thread by argv[0] and by name.
static void s06(int argc, char **argv)
{
	char *args[] = { "[kworker/0:0]", NULL };

	(void)argc, (void)argv;
	run((struct image){ .role = "spoof", .path = self_path, .args = args, .comm = "kworker/0:0" });
}

// S07: an image in memory only, one whose file is gone, and names that do not say
// which file it is.
static void s07(int argc, char **argv)
{
	char *args[] = { "S07", NULL };

	(void)argc, (void)argv;
	int mem = copy_self_to(memfd_create("pn-memory", MFD_CLOEXEC));
	run((struct image){ .role = "memfd", .fd = mem, .args = args });

	copy_self("pn-gone");
	int gone = open("pn-gone", O_RDONLY | O_CLOEXEC);
	if (gone < 0 || unlink("pn-gone"))
		die("pn-gone");
	run((struct image){ .role = "deleted", .fd = gone, .args = args });

	copy_self("pn-near");
	run((struct image){ .role = "relative", .path = "./pn-near", .args = args });
	run((struct image){ .role = "proc-self", .path = "/proc/self/exe", .args = args });
}

// S08: a script, and scripts whose interpreter is a script; the sixth is too deep.
static void s08(int argc, char **argv)
{
	char here[200], name[32], line[300], path[256];
	char *args[] = { "S08", "last", NULL };

	(void)argc, (void)argv;
	if (!getcwd(here, sizeof(here)))
		die("getcwd");
	copy_self("pn-interp");
	snprintf(path, sizeof(path), "%s/pn-interp", here);
	for (int i = 1; i <= 6; i++) {
		snprintf(line, sizeof(line), "#!%s opt-%d\n", path, i);
		snprintf(path, sizeof(path), "%s/pn-script-%d", here, i);
		write_file(path, line, strlen(line));
	}
	for (int i = 1; i <= 6; i++) {
		snprintf(name, sizeof(name), "script-%d", i);
		snprintf(path, sizeof(path), "./pn-script-%d", i);
		if (i == 1 || i >= 5)
			run((struct image){ .role = name, .path = path, .args = args });
	}
}

// S09: execs that fail: at once, and past the point of no return, when the old
// image is gone already and the kernel can only kill.
static void make_broken(const char *path)
{
	struct {
		Elf64_Ehdr header;
		Elf64_Phdr load;
	} elf;
	int self = open(self_path, O_RDONLY | O_CLOEXEC);

	// The machine's own header, and one segment at an address of the kernel's.
	if (self < 0 || read(self, &elf.header, sizeof(elf.header)) != sizeof(elf.header))
		die(self_path);
	close(self);
	elf.header.e_type = ET_EXEC;
	elf.header.e_phoff = sizeof(elf.header);
	elf.header.e_phnum = 1;
	elf.header.e_shnum = elf.header.e_shstrndx = elf.header.e_shoff = 0;
	elf.load = (Elf64_Phdr){
		.p_type = PT_LOAD,
		.p_flags = PF_R | PF_X,
		.p_vaddr = 0xffff800000000000,
		.p_filesz = sizeof(elf),
		.p_memsz = sizeof(elf),
		.p_align = 4096,
	};
	write_file(path, &elf, sizeof(elf));
}

static void s09(int argc, char **argv)
{
	char *args[] = { "S09", NULL };
	struct rlimit none = { 0, 0 };

	(void)argc, (void)argv;
	if (setrlimit(RLIMIT_CORE, &none))
		die("setrlimit");
	make_broken("pn-broken");
	write_file("pn-garbage", "\x01\x02\x03\x04", 4);
	run((struct image){ .role = "absent", .path = "./pn-absent", .args = args });
	run((struct image){ .role = "garbage", .path = "./pn-garbage", .args = args });
	run((struct image){ .role = "broken", .path = "./pn-broken", .args = args });
}

int main(int argc, char **argv)
{
	static const struct scenario all[] = {
		{ "S01", s01 }, { "S02", s02 }, { "S03", s03 }, { "S04", s04 }, { "S06", s06 },
		{ "S07", s07 }, { "S08", s08 }, { "S09", s09 }, { 0 },
	};

	if (getenv("PN_ROLE"))
		after_exec(argc, argv);
	return helper_main(argc, argv, all);
}
