// SPDX-License-Identifier: MIT

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/** Where named threads of this process may run. Java has no call for it: taskset has. */
final class Placement {
    private static final List<Integer> CPUS = allowedCpus();

    private Placement() {}

    /** The threads of that name have the first CPU. True when it worked or there is only one. */
    static boolean pinPublisher(String name) throws InterruptedException {
        return CPUS.size() < 2 || assign(name, CPUS.get(0).toString());
    }

    /** The threads of that name have every CPU but the first. */
    static boolean keepOffPublisher(String name) throws InterruptedException {
        String others = CPUS.stream().skip(1).map(String::valueOf).collect(Collectors.joining(","));
        return CPUS.size() < 2 || assign(name, others);
    }

    private static boolean assign(String name, String cpus) throws InterruptedException {
        boolean good = true;
        try (var tasks = Files.newDirectoryStream(Path.of("/proc/self/task"))) {
            for (Path task : tasks) {
                if (Files.readString(task.resolve("comm")).strip().equals(name)) {
                    String id = task.getFileName().toString();
                    good &= new ProcessBuilder("taskset", "-cp", cpus, id)
                            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                            .start()
                            .waitFor() == 0;
                }
            }
        } catch (IOException noTaskset) {
            return false;
        }
        return good;
    }

    private static List<Integer> allowedCpus() {
        var cpus = new ArrayList<Integer>();
        try {
            for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
                if (!line.startsWith("Cpus_allowed_list:")) {
                    continue;
                }
                for (String range : line.substring(line.indexOf(':') + 1).strip().split(",")) {
                    String[] ends = range.split("-");
                    int last = Integer.parseInt(ends[ends.length - 1]);
                    for (int cpu = Integer.parseInt(ends[0]); cpu <= last; ++cpu) {
                        cpus.add(cpu);
                    }
                }
            }
        } catch (IOException | NumberFormatException unreadable) {
            cpus.clear();
        }
        return cpus;
    }
}
