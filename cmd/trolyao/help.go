package main

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

func newHelp() *cobra.Command {
	return &cobra.Command{
		Use:   "help [LỆNH]",
		Short: "Chỉ cách dùng một lệnh",
		RunE: func(cmd *cobra.Command, args []string) error {
			about, rest, err := cmd.Root().Find(args)
			if err != nil || len(rest) > 0 {
				return fmt.Errorf("%w: không có lệnh %q", errUsage, args)
			}
			return about.Help()
		},
	}
}

// printUsage prints how a command is called, in the language of its users.
func printUsage(cmd *cobra.Command) error {
	w := tabwriter.NewWriter(cmd.OutOrStderr(), 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "Cách dùng:\n  %s\n", strings.Replace(cmd.UseLine(), "[flags]", "[CỜ]", 1))
	if cmd.HasExample() {
		fmt.Fprintf(w, "\nVí dụ:\n%s\n", cmd.Example)
	}
	if cmd.HasAvailableSubCommands() {
		fmt.Fprintln(w, "\nCác lệnh:")
		for _, c := range cmd.Commands() {
			if c.IsAvailableCommand() || c.Name() == "help" {
				fmt.Fprintf(w, "  %s\t%s\n", c.Name(), c.Short)
			}
		}
	}
	printFlags(w, "Cờ của lệnh này", cmd.LocalFlags())
	printFlags(w, "Cờ của mọi lệnh", cmd.InheritedFlags())
	if cmd.HasAvailableSubCommands() {
		fmt.Fprintf(w, "\nXem một lệnh: %s LỆNH --help\n", cmd.CommandPath())
	}
	return w.Flush()
}

func printFlags(w io.Writer, title string, flags *pflag.FlagSet) {
	if !flags.HasAvailableFlags() {
		return
	}
	fmt.Fprintf(w, "\n%s:\n", title)
	flags.VisitAll(func(f *pflag.Flag) {
		name := "--" + f.Name
		if f.Shorthand != "" {
			name = "-" + f.Shorthand + ", " + name
		}
		usage := f.Usage
		switch f.Value.Type() {
		case "bool":
		case "int", "float64":
			name += " SỐ"
			usage += " (mặc định " + f.DefValue + ")"
		default:
			name += " …"
		}
		fmt.Fprintf(w, "  %s\t%s\n", name, usage)
	})
}

// flagError says what is wrong with a flag.
func flagError(_ *cobra.Command, err error) error {
	if e, ok := errors.AsType[*pflag.NotExistError](err); ok {
		return fmt.Errorf("%w: không có cờ %s", errUsage, dashed(e.GetSpecifiedName(), e.GetSpecifiedShortnames()))
	}
	if e, ok := errors.AsType[*pflag.ValueRequiredError](err); ok {
		return fmt.Errorf("%w: cờ %s cần một giá trị", errUsage, dashed(e.GetSpecifiedName(), e.GetSpecifiedShortnames()))
	}
	if e, ok := errors.AsType[*pflag.InvalidValueError](err); ok {
		return fmt.Errorf("%w: cờ --%s không nhận giá trị %q", errUsage, e.GetFlag().Name, e.GetValue())
	}
	if e, ok := errors.AsType[*pflag.InvalidSyntaxError](err); ok {
		return fmt.Errorf("%w: không có cờ %s", errUsage, e.GetSpecifiedFlag())
	}
	return fmt.Errorf("%w: %w", errUsage, err)
}

// dashed is a flag as it was typed; short ones may be typed together.
func dashed(name, together string) string {
	if together != "" {
		return "-" + together
	}
	return "--" + name
}
