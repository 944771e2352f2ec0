# 32-bit protected mode, no paging: each kind of event that a PC delivers, in order; each handler
# prints a letter. With a second processor (started, initialised while it runs, started again).
#
#   as --32 -o events.o events.S && ld -m elf_i386 -N -Ttext 0x100000 -e start -o events.elf events.o
#   objcopy -O binary events.elf events.bin
#
# events.bin is a flat binary for 0x100000.

.intel_syntax noprefix
.set APIC, 0xfee00000
.set TRAMPOLINE, 0x8000

.text
.globl start
start:
  mov esp, 0x80000
  lgdt gdt_pointer
  lidt idt_pointer
  mov edi, 0x02
  mov esi, offset on_nmi
  call set_gate
  mov edi, 0x20
  mov esi, offset on_line
  call set_gate
  mov edi, 0x24
  mov esi, offset on_input
  call set_gate
  mov edi, 0x51
  mov esi, offset on_deadline
  call set_gate
  mov edi, 0x52
  mov esi, offset on_self
  call set_gate
  mov dword ptr [APIC + 0xf0], 0x1ff

  # P: the old timer, through the old controllers
  mov esi, offset controllers
  mov ecx, 10
1:
  movzx edx, byte ptr [esi]
  mov al, [esi + 1]
  out dx, al
  add esi, 2
  loop 1b
  mov al, 0x30                   # once
  out 0x43, al
  mov al, 0
  out 0x40, al
  mov al, 0x10
  out 0x40, al
  call sleep
  mov al, 0xff                   # no more of these
  out 0x21, al

  # I: a byte from the console, through the same
  mov dx, 0x3fc
  mov al, 8
  out dx, al
  mov dx, 0x3f9
  mov al, 1
  out dx, al
  mov al, 0xef
  out 0x21, al
  call sleep
  mov al, 0xff
  out 0x21, al

  # N: an NMI to itself, with interrupts off
  mov dword ptr [APIC + 0x300], 1 << 18 | 1 << 14 | 4 << 8

  # D: a deadline of the time-stamp counter
  mov dword ptr [APIC + 0x320], 2 << 17 | 0x51
  rdtsc
  add eax, 100000
  adc edx, 0
  mov ecx, 0x6e0
  wrmsr
  call sleep

  # t, then S: held back by the task priority until it falls
  mov dword ptr [APIC + 0x80], 0x50
  sti
  mov dword ptr [APIC + 0x300], 1 << 18 | 1 << 14 | 0x52
  nop
  mov al, 't'
  call print
  mov dword ptr [APIC + 0x80], 0x40
  nop
  cli

  # A, A: another processor, started twice
  mov esi, offset trampoline
  mov edi, TRAMPOLINE
  mov ecx, offset trampoline_end - trampoline
  rep movsb
  mov ebp, 2
2:
  mov dword ptr [APIC + 0x310], 1 << 24
  mov dword ptr [APIC + 0x300], 1 << 14 | 5 << 8
  mov dword ptr [APIC + 0x300], 1 << 14 | 6 << 8 | TRAMPOLINE >> 12
3:
  pause
  cmp byte ptr [TRAMPOLINE + 0x800], 0
  je 3b
  mov byte ptr [TRAMPOLINE + 0x800], 0
  dec ebp
  jnz 2b

  mov al, '\n'
  call print
  xor eax, eax
  out 0xf4, eax
4:
  hlt
  jmp 4b

# Sleeps until an interrupt has come.
sleep:
  mov byte ptr has_come, 0
  sti
1:
  hlt
  cmp byte ptr has_come, 0
  je 1b
  cli
  ret

print:
  push edx
  mov dx, 0x3f8
  out dx, al
  pop edx
  ret

on_nmi:
  push eax
  mov al, 'N'
  call print
  pop eax
  iret

on_line:
  push eax
  mov al, 'P'
  call print
  mov al, 0x20
  out 0x20, al
  mov byte ptr has_come, 1
  pop eax
  iret

on_input:
  push eax
  push edx
  mov dx, 0x3f8
  in al, dx
  call print
  mov al, 0x20
  out 0x20, al
  mov byte ptr has_come, 1
  pop edx
  pop eax
  iret

on_deadline:
  push eax
  mov al, 'D'
  jmp 1f
on_self:
  push eax
  mov al, 'S'
1:
  call print
  mov dword ptr [APIC + 0xb0], 0
  mov byte ptr has_come, 1
  pop eax
  iret

set_gate:
  lea edx, idt[edi * 8]
  mov [edx], si
  mov word ptr [edx + 2], 0x08
  mov word ptr [edx + 4], 0x8e00
  shr esi, 16
  mov [edx + 6], si
  ret

# The other processor prints, says so, and then goes round with interrupts off.
.code16
trampoline:
  xor ax, ax
  mov ds, ax
  mov dx, 0x3f8
  mov al, 'A'
  out dx, al
  mov byte ptr [TRAMPOLINE + 0x800], 1
1:
  pause
  jmp 1b
trampoline_end:
.code32

.balign 8
gdt:
  .quad 0
  .quad 0x00cf9b000000ffff
  .quad 0x00cf93000000ffff
gdt_pointer:
  .word 23
  .long gdt
idt_pointer:
  .word 256 * 8 - 1
  .long idt

# Port and value: both controllers, vectors 0x20 and 0x28; only line 0 is not masked.
controllers:
  .byte 0x20, 0x11, 0xa0, 0x11, 0x21, 0x20, 0xa1, 0x28, 0x21, 4, 0xa1, 2, 0x21, 1, 0xa1, 1
  .byte 0x21, 0xfe, 0xa1, 0xff
has_come:
  .byte 0
.balign 8
idt:
  .skip 256 * 8
