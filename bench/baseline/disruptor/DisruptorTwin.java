// SPDX-License-Identifier: MIT

import com.lmax.disruptor.BatchEventProcessor;
import com.lmax.disruptor.EventHandler;
import com.lmax.disruptor.RingBuffer;
import com.lmax.disruptor.YieldingWaitStrategy;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;

/**
 * The LMAX Disruptor with the yielding wait strategy, under the same driver rules as the C++
 * competitors (see support/throughput.hpp): a ring of 65536 preallocated events of eight longs, a
 * warm-up window, a gate, then the clock until the last handler has seen the last event.
 *
 * <pre>
 *   publisher(s) ==> ring ==> one thread per handler          (fan_out_N)
 *   publisher(s) ==> ring ==> one thread that calls them all  (fan_out_N_shared)
 * </pre>
 *
 * The process stays up between runs, so what the runner measures after its warm-up runs is
 * compiled code; threads and ring live for one run, so it is idle between them.
 */
public final class DisruptorTwin {
    static final int RING_SIZE = 65_536;
    static final long POLL_NANOS = 20_000;
    static final long PATIENCE_NANOS = 20_000_000_000L;

    static final class Event {
        long sequence;
        long publisher;
        long topic;
        long stamp;
        long fill0;
        long fill1;
        long fill2;
        long fill3;

        void set(long publisher, long sequence) {
            this.sequence = sequence;
            this.publisher = publisher;
            this.topic = 0;
            this.stamp = 0;
            this.fill0 = sequence + 1;
            this.fill1 = sequence + 2;
            this.fill2 = sequence + 3;
            this.fill3 = sequence + 4;
        }

        long checksum() {
            return sequence + publisher + topic + fill0 + fill1 + fill2 + fill3;
        }
    }

    /**
     * One handler: adds the event up and publishes count and sum with each event, as the C++
     * handler does (see support/ledger.hpp). Written by one thread.
     */
    static final class Adder implements EventHandler<Event> {
        private static final VarHandle COUNT = field("count");
        private static final VarHandle SUM = field("sum");

        long count;
        long sum;
        // Keeps the fields of two handlers off one cache line.
        long pad0;
        long pad1;
        long pad2;
        long pad3;
        long pad4;
        long pad5;

        @Override
        public void onEvent(Event event, long sequence, boolean endOfBatch) {
            SUM.setOpaque(this, sum + event.checksum());
            COUNT.setRelease(this, count + 1);
        }

        private static VarHandle field(String name) {
            try {
                return MethodHandles.lookup().findVarHandle(Adder.class, name, long.class);
            } catch (ReflectiveOperationException impossible) {
                throw new ExceptionInInitializerError(impossible);
            }
        }
    }

    /** All handlers on one thread. */
    static final class Shared implements EventHandler<Event> {
        private final Adder[] handlers;

        Shared(Adder[] handlers) {
            this.handlers = handlers;
        }

        @Override
        public void onEvent(Event event, long sequence, boolean endOfBatch) {
            for (Adder handler : handlers) {
                handler.onEvent(event, sequence, endOfBatch);
            }
        }
    }

    record Shape(String name, int publishers, int handlers, boolean shared, long smokeCount) {}

    static final List<Shape> SHAPES = List.of(
            new Shape("one_to_one", 1, 1, false, 20_000),
            new Shape("fan_out_4", 1, 4, false, 20_000),
            new Shape("fan_out_4_shared", 1, 4, true, 20_000),
            new Shape("fan_out_64", 1, 64, false, 200),
            new Shape("fan_out_64_shared", 1, 64, true, 5_000),
            new Shape("four_to_one", 4, 1, false, 20_000));

    private final Shape shape;
    private final long warmUpEach;
    private final long eventsEach;
    private final Adder[] adders;
    private final RingBuffer<Event> ring;
    private final List<BatchEventProcessor<Event>> processors = new ArrayList<>();
    private final List<Thread> threads = new ArrayList<>();

    private DisruptorTwin(Shape shape, long count) {
        this.shape = shape;
        this.warmUpEach = Math.min(RING_SIZE, count) / shape.publishers;
        this.eventsEach = warmUpEach + Math.max(1, count / shape.publishers);
        this.adders = new Adder[shape.handlers];
        for (int i = 0; i < shape.handlers; ++i) {
            adders[i] = new Adder();
        }
        this.ring = shape.publishers == 1
                ? RingBuffer.createSingleProducer(Event::new, RING_SIZE, new YieldingWaitStrategy())
                : RingBuffer.createMultiProducer(Event::new, RING_SIZE, new YieldingWaitStrategy());
    }

    /** A single publisher has a CPU to itself; see support/placement.hpp. */
    private void place() throws InterruptedException {
        if (shape.publishers == 1
                && !(Placement.pinPublisher("bench-publish")
                        && Placement.keepOffPublisher("bench-consumer"))) {
            System.err.println("disruptor: taskset failed; the kernel places the threads");
        }
    }

    private void addProcessor(EventHandler<Event> handler) {
        var processor = new BatchEventProcessor<>(ring, ring.newBarrier(), handler);
        ring.addGatingSequences(processor.getSequence());
        processors.add(processor);
        var thread = new Thread(processor, "bench-consumer");
        threads.add(thread);
        thread.start();
    }

    private void publish(long publisher, long first, long last) {
        for (long i = first; i < last; ++i) {
            long slot = ring.next();
            ring.get(slot).set(publisher, i);
            ring.publish(slot);
        }
    }

    private boolean waitUntilHandled(long events) {
        long lastSeen = -1;
        long lastProgress = System.nanoTime();
        for (;;) {
            long slowest = Long.MAX_VALUE;
            for (var processor : processors) {
                slowest = Math.min(slowest, processor.getSequence().get());
            }
            if (slowest >= events - 1) {
                return true;
            }
            if (slowest != lastSeen) {
                lastSeen = slowest;
                lastProgress = System.nanoTime();
            } else if (System.nanoTime() - lastProgress > PATIENCE_NANOS) {
                return false;
            }
            LockSupport.parkNanos(POLL_NANOS);
        }
    }

    private String verify() {
        long count = eventsEach * shape.publishers;
        long sum = 0;
        var event = new Event();
        for (long publisher = 0; publisher < shape.publishers; ++publisher) {
            for (long i = 0; i < eventsEach; ++i) {
                event.set(publisher, i);
                sum += event.checksum();
            }
        }
        for (int i = 0; i < adders.length; ++i) {
            if (adders[i].count != count || adders[i].sum != sum) {
                return "handler " + i + ": count or checksum differs";
            }
        }
        return "";
    }

    private String run() throws InterruptedException {
        if (shape.shared) {
            addProcessor(new Shared(adders));
        } else {
            for (Adder adder : adders) {
                addProcessor(adder);
            }
        }
        var ready = new CountDownLatch(shape.publishers);
        var open = new AtomicBoolean();
        var publishers = new ArrayList<Thread>();
        for (int id = 0; id < shape.publishers; ++id) {
            final long publisher = id;
            var thread = new Thread(() -> {
                publish(publisher, 0, warmUpEach);
                ready.countDown();
                while (!open.get()) {
                    Thread.yield();
                }
                publish(publisher, warmUpEach, eventsEach);
            }, "bench-publish");
            publishers.add(thread);
            thread.start();
        }
        ready.await();
        boolean arrived = waitUntilHandled(warmUpEach * shape.publishers);
        place();
        long cpuAtStart = cpuNanos();
        long start = System.nanoTime();
        open.set(true);
        for (var thread : publishers) {
            thread.join();
        }
        arrived = waitUntilHandled(eventsEach * shape.publishers) && arrived;
        double seconds = (System.nanoTime() - start) * 1e-9;
        double cpuSeconds = (cpuNanos() - cpuAtStart) * 1e-9;
        for (var processor : processors) {
            processor.halt();
        }
        for (var thread : threads) {
            thread.join();
        }
        return json(seconds, cpuSeconds, arrived ? verify() : "events stopped coming");
    }

    private String json(double seconds, double cpuSeconds, String why) {
        long count = (eventsEach - warmUpEach) * shape.publishers;
        long sum = 0;
        for (Adder adder : adders) {
            sum += adder.sum;
        }
        int consumers = shape.shared ? 1 : shape.handlers;
        return "{\"competitor\":\"disruptor\",\"workload\":\"" + shape.name + "\""
                + ",\"count\":" + count
                + ",\"deliveries\":" + count * shape.handlers
                + ",\"checksum\":\"" + Long.toUnsignedString(sum) + "\",\"seconds\":" + seconds
                + ",\"cpu_seconds\":" + cpuSeconds
                + ",\"threads\":" + (shape.publishers + consumers)
                + ",\"cores\":" + Runtime.getRuntime().availableProcessors()
                + ",\"publisher_cpus\":[],\"handler_cpus\":[]"
                + ",\"metrics\":{\"events_per_second\":" + count / seconds + "}"
                + ",\"ok\":" + why.isEmpty() + ",\"why\":\"" + why + "\"}";
    }

    private static long cpuNanos() {
        var system = ManagementFactory.getOperatingSystemMXBean();
        return ((com.sun.management.OperatingSystemMXBean) system).getProcessCpuTime();
    }

    private static String runNamed(String name, long count) throws InterruptedException {
        for (Shape shape : SHAPES) {
            if (shape.name.equals(name) && count > 0) {
                return new DisruptorTwin(shape, count).run();
            }
        }
        return "{\"competitor\":\"disruptor\",\"workload\":\"" + name
                + "\",\"ok\":false,\"why\":\"no such workload, or no count\"}";
    }

    private static boolean answer(String json) {
        System.out.println(json);
        System.out.flush();
        return json.contains("\"ok\":true");
    }

    public static void main(String[] arguments) throws IOException, InterruptedException {
        boolean good = true;
        if (arguments.length == 1 && arguments[0].equals("--smoke")) {
            for (Shape shape : SHAPES) {
                good &= answer(runNamed(shape.name, shape.smokeCount));
            }
        } else if (arguments.length == 3 && arguments[0].equals("--run")) {
            good = answer(runNamed(arguments[1], Long.parseLong(arguments[2])));
        } else if (arguments.length == 0) {
            var names = new StringBuilder("READY disruptor");
            for (Shape shape : SHAPES) {
                names.append(' ').append(shape.name);
            }
            System.out.println(names);
            System.out.flush();
            var input = new BufferedReader(new InputStreamReader(System.in));
            for (String line; (line = input.readLine()) != null && !line.equals("QUIT"); ) {
                String[] words = line.split(" ");
                if (words.length != 3 || !words[0].equals("RUN")) {
                    System.err.println("disruptor: expected RUN <workload> <count>, got: " + line);
                    System.exit(1);
                }
                good &= answer(runNamed(words[1], Long.parseLong(words[2])));
            }
        } else {
            System.err.println("usage: stentor_bench_disruptor [--smoke | --run WORKLOAD COUNT]");
            good = false;
        }
        System.exit(good ? 0 : 1);
    }
}
