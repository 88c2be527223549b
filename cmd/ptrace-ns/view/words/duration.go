package words

import "strconv"

const (
	microsecond = 1_000
	millisecond = 1_000 * microsecond
	second      = 1_000 * millisecond
	minute      = 60 * second
	hour        = 60 * minute
	day         = 24 * hour
)

// Duration returns a time span as people say it, rounded to two places: 3.2 s,
// 4 min 5 s. What rounds up to the next unit is told in that.
func Duration(ns uint64) string {
	switch {
	case ns < microsecond:
		return strconv.FormatUint(ns, 10) + " ns"
	case ns < millisecond/10:
		return tenths(ns, microsecond) + " us"
	case rounded(ns, millisecond) < second:
		return tenths(ns, millisecond) + " ms"
	case round(ns, second/10) < minute:
		return tenths(ns, second) + " s"
	case round(ns, second) < hour:
		return pair(ns, minute, " min", second, " s")
	case round(ns, minute) < day:
		return pair(ns, hour, " h", minute, " min")
	}
	return pair(ns, day, " d", hour, " h")
}

// round returns the nearest multiple of the step; halves go up.
func round(ns, step uint64) uint64 { return (ns + step/2) / step * step }

// rounded is to tenths of the unit below a hundred units, to whole ones from there on.
func rounded(ns, unit uint64) uint64 {
	if tenth := round(ns, unit/10); tenth < 100*unit {
		return tenth
	}
	return round(ns, unit)
}

func tenths(ns, unit uint64) string {
	ns = rounded(ns, unit)
	text := strconv.FormatUint(ns/unit, 10)
	if tenth := ns % unit * 10 / unit; tenth > 0 {
		text += "." + strconv.FormatUint(tenth, 10)
	}
	return text
}

func pair(ns, unit uint64, name string, small uint64, smallName string) string {
	ns = round(ns, small)
	text := strconv.FormatUint(ns/unit, 10) + name
	if rest := ns % unit / small; rest > 0 {
		text += " " + strconv.FormatUint(rest, 10) + smallName
	}
	return text
}
