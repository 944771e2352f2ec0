package dev.gnomon.machine.device;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class LegacyDevicesTest {
  private final List<Integer> sent = new ArrayList<>();
  private final ArrayDeque<Integer> received = new ArrayDeque<>();
  private final List<String> lines = new ArrayList<>();
  private long now;

  private final Console console =
      new Console() {
        @Override
        public void write(int value) {
          sent.add(value);
        }

        @Override
        public boolean hasInput() {
          return !received.isEmpty();
        }

        @Override
        public int read() {
          return received.isEmpty() ? -1 : received.poll();
        }
      };

  private final SerialPort serial =
      new SerialPort(console, (line, isHigh) -> lines.add(line + (isHigh ? " high" : " low")));

  // --- the serial port ---

  @Test
  void serialPortSendsAndIsAlwaysReadyTo() {
    assertThat(serial.in(0x3fd) & 0x60).isEqualTo(0x60);
    serial.out(0x3f8, 'a');
    assertThat(sent).containsExactly((int) 'a');
  }

  @Test
  void serialPortReceivesWhatTheConsoleHas() {
    assertThat(serial.in(0x3fd) & 1).isZero();
    received.add((int) 'x');
    assertThat(serial.in(0x3fd) & 1).isOne();
    assertThat(serial.in(0x3f8)).isEqualTo('x');
    assertThat(serial.in(0x3fd) & 1).isZero();
  }

  @Test
  void divisorLatchHidesDataAndInterruptEnable() {
    serial.out(0x3f9, 3);
    serial.out(0x3fb, 0x83);
    serial.out(0x3f8, 0x34);
    serial.out(0x3f9, 0x12);
    assertThat(serial.in(0x3f8)).isEqualTo(0x34);
    assertThat(serial.in(0x3f9)).isEqualTo(0x12);
    serial.out(0x3fb, 0x03);
    assertThat(serial.in(0x3f9)).isEqualTo(3);
    assertThat(sent).isEmpty();
  }

  @Test
  void scratchAndControlReadBack() {
    serial.out(0x3ff, 0xa5);
    serial.out(0x3fc, 0x0b);
    assertThat(serial.in(0x3ff)).isEqualTo(0xa5);
    assertThat(serial.in(0x3fc)).isEqualTo(0x0b);
  }

  @Test
  void loopbackReturnsDataAndModemLines() {
    serial.out(0x3fc, 0x1b);
    serial.out(0x3f8, 0xae);
    assertThat(serial.in(0x3f8)).isEqualTo(0xae);
    assertThat(serial.in(0x3fe) & 0xf0).isEqualTo(0xb0);
    assertThat(sent).isEmpty();
  }

  @Test
  void receivedByteInterruptsIfAskedTo() {
    serial.out(0x3fc, 8);
    serial.out(0x3f9, 1);
    received.add(1);
    serial.update();
    assertThat(lines).last().isEqualTo("4 high");
    assertThat(serial.in(0x3fa) & 0xf).isEqualTo(4);
    serial.in(0x3f8);
    assertThat(lines).last().isEqualTo("4 low");
  }

  // --- the interrupt controllers ---

  private static InterruptControllers initialized() {
    InterruptControllers controllers = new InterruptControllers(() -> {});
    PortBusRig.initialize(controllers);
    return controllers;
  }

  @Test
  void maskedLineDoesNotInterruptAndMaskReadsBack() {
    InterruptControllers controllers = new InterruptControllers(() -> {});
    PortBusRig bus = PortBusRig.initialize(controllers);
    bus.out(0x21, 0xef);
    controllers.set(3, true);
    assertThat(controllers.isRequesting()).isFalse();
    controllers.set(4, true);
    assertThat(controllers.isRequesting()).isTrue();
    assertThat(bus.in(0x21)).isEqualTo(0xef);
    assertThat(controllers.acknowledge()).isEqualTo(0x24);
  }

  @Test
  void lineOfTheSecondControllerHasItsVector() {
    InterruptControllers controllers = initialized();
    controllers.set(12, true);
    assertThat(controllers.acknowledge()).isEqualTo(0x28 + 4);
  }

  @Test
  void lineInServiceHoldsBackThoseBelow() {
    InterruptControllers controllers = new InterruptControllers(() -> {});
    PortBusRig bus = PortBusRig.initialize(controllers);
    controllers.set(4, true);
    controllers.acknowledge();
    controllers.set(5, true);
    assertThat(controllers.isRequesting()).isFalse();
    controllers.set(1, true);
    assertThat(controllers.acknowledge()).isEqualTo(0x21);
    bus.out(0x20, 0x20);
    bus.out(0x20, 0x20);
    assertThat(controllers.acknowledge()).isEqualTo(0x25);
  }

  @Test
  void inServiceAndRequestsCanBeRead() {
    InterruptControllers controllers = new InterruptControllers(() -> {});
    PortBusRig bus = PortBusRig.initialize(controllers);
    controllers.set(6, true);
    bus.out(0x20, 0x0a);
    assertThat(bus.in(0x20)).isEqualTo(1 << 6);
    controllers.acknowledge();
    bus.out(0x20, 0x0b);
    assertThat(bus.in(0x20)).isEqualTo(1 << 6);
  }

  // --- the timer ---

  private final IntervalTimer timer =
      new IntervalTimer(() -> now, (line, isHigh) -> lines.add(line + (isHigh ? " high" : " low")));

  private int count() {
    timer.out(0x43, 0);
    return timer.in(0x40) | timer.in(0x40) << 8;
  }

  @Test
  void counterCountsDownAtItsFrequency() {
    timer.out(0x43, 0x34);
    timer.out(0x40, 0);
    timer.out(0x40, 0);
    now = 10_000_000;
    assertThat(count()).isEqualTo(65536 - 11931);
  }

  @Test
  void rateGeneratorInterruptsAgainAndAgain() {
    timer.out(0x43, 0x34);
    timer.out(0x40, 0xa9);
    timer.out(0x40, 0x04);
    assertThat(timer.nextEdge()).isBetween(999_000L, 1_001_000L);
    now = timer.nextEdge();
    timer.update();
    assertThat(lines).containsExactly("0 low", "0 high");
    assertThat(timer.nextEdge()).isBetween(now + 999_000, now + 1_001_000);
  }

  @Test
  void outputOfTheSpeakersCounterRisesAtTheEndOfItsCount() {
    timer.out(0x43, 0xb0);
    timer.out(0x42, 0x10);
    timer.out(0x42, 0);
    assertThat(timer.isSpeakerHigh()).isFalse();
    now = 20_000;
    assertThat(timer.isSpeakerHigh()).isTrue();
  }

  // --- others ---

  @Test
  void datesAreThoseOfTheCalendar() {
    assertThat(RealTimeClock.date(0)).isEqualTo(19_700_101);
    assertThat(RealTimeClock.date(951_782_400)).isEqualTo(20_000_229);
    assertThat(RealTimeClock.date(1_767_225_600)).isEqualTo(20_260_101);
    assertThat(RealTimeClock.date(4_107_542_399L)).isEqualTo(21_000_228);
    assertThat(RealTimeClock.date(4_107_542_400L)).isEqualTo(21_000_301);
  }

  @Test
  void firmwareConfigurationGivesItemsByteByByteAndZerosAfter() {
    FirmwareConfiguration firmware = new FirmwareConfiguration(3, 0x1_2345_6000L);
    firmware.out(0x510, 2, 0);
    assertThat(firmware.in(0x511, 4)).isEqualTo(0x554d_4551);
    firmware.out(0x510, 2, 5);
    assertThat(firmware.in(0x511, 1)).isEqualTo(3);
    assertThat(firmware.in(0x511, 1)).isZero();
    assertThat(firmware.in(0x511, 1)).isZero();
    firmware.out(0x510, 2, 3);
    assertThat(firmware.in(0x511, 4)).isEqualTo(0x2345_6000);
    assertThat(firmware.in(0x511, 4)).isOne();
    firmware.out(0x510, 2, 0xf);
    assertThat(firmware.in(0x511, 2)).isEqualTo(3);
  }

  @Test
  void ioApicsRegistersReadAsTheyWereWritten() {
    IoApic ioApic = new IoApic();
    ioApic.write(0, 1);
    assertThat(ioApic.read(0x10) >>> 16 & 0xff).isEqualTo(23);
    ioApic.write(0, 0x12);
    assertThat(ioApic.read(0x10)).isEqualTo(1 << 16);
    ioApic.write(0x10, 0x0000_0931);
    ioApic.write(0, 0x13);
    ioApic.write(0x10, 0x0200_0000);
    assertThat(ioApic.read(0x10)).isEqualTo(0x0200_0000);
    ioApic.write(0, 0x12);
    assertThat(ioApic.read(0x10)).isEqualTo(0x931);
  }
}
