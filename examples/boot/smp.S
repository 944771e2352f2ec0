# A bare-metal program for `gnomon boot`: multiboot entry, long mode with paging of its own, a page
# fault that it handles, the other processors started by INIT and SIPI, a lock between them, timer
# interrupts, task priority, an interrupt from one processor to the others, serial output, and an
# exit status.
#
# smp.elf beside it was made by GNU binutils:
#
#   as --64 -o smp.o smp.S
#   ld -m elf_x86_64 -n -N -Ttext 0x100000 -e _start -o smp.elf64 smp.o
#   objcopy -O elf32-i386 --strip-all smp.elf64 smp.elf
#
# It exits with 0 (status 1) if all went well, else with the number of what went wrong.

.intel_syntax noprefix

.set COM1, 0x3f8
.set FW_CFG, 0x510
.set FW_CFG_CPUS, 5
.set EXIT_PORT, 0xf4
.set TRAMPOLINE, 0x8000          # where the other processors start, below 1 MiB
.set DEMAND, 0x40000000          # 2 MiB of addresses that are mapped when they are touched
.set FRAMES, 0x400000            # physical memory for them
.set PAGES, 16
.set ROUNDS, 1000                # how often each processor takes the lock
.set TICKS, 5
.set MOST_CPUS, 32
.set STACK_SIZE, 4096

.set TIMER_VECTOR, 0x40
.set CALL_VECTOR, 0x41

# Registers of the local APIC, by number.
.set EOI, 0x0b
.set SPURIOUS, 0x0f
.set COMMAND, 0x30
.set COMMAND_HIGH, 0x31
.set LVT_TIMER, 0x32
.set INITIAL_COUNT, 0x38
.set DIVIDE, 0x3e
.set TO_SELF, 1 << 18
.set TO_ALL_OTHERS, 3 << 18
.set ASSERT, 1 << 14

.text
.globl _start

.balign 4
  .long 0x1badb002, 3, -(0x1badb002 + 3)

# --- 32 bits: from the boot loader to long mode ---

.code32
_start:
  mov esp, offset stacks + STACK_SIZE
  cmp eax, 0x2badb002
  jne halt
  mov information, ebx

  # 1 GiB as it is, in pages of 2 MiB; behind it an empty table; the local APIC's registers.
  mov dword ptr pml4, offset pdpt + 3
  mov dword ptr pdpt, offset pd_low + 3
  mov dword ptr pdpt + 8, offset pd_demand + 3
  mov dword ptr pdpt + 24, offset pd_devices + 3
  mov dword ptr pd_demand, offset pt_demand + 3
  mov dword ptr pd_devices + 503 * 8, 0xfee00000 | 0x93
  xor ecx, ecx
1:
  mov eax, ecx
  shl eax, 21
  or eax, 0x83
  mov pd_low[ecx * 8], eax
  inc ecx
  cmp ecx, 512
  jne 1b

  lgdt gdt_pointer
  call enter_long_mode
  .byte 0xea                     # jmp 0x08:start64
  .long start64
  .word 0x08

halt:
  cli
  hlt
  jmp halt

enter_long_mode:
  mov eax, cr4
  or eax, 1 << 5                 # PAE
  mov cr4, eax
  mov eax, offset pml4
  mov cr3, eax
  mov ecx, 0xc0000080            # EFER.LME
  rdmsr
  or eax, 1 << 8
  wrmsr
  mov eax, cr0
  or eax, 0x80010001             # PG, WP, PE
  mov cr0, eax
  ret

# --- the other processors: real mode, protected mode, long mode ---

.code16
trampoline:
  cli
  xor ax, ax
  mov ds, ax
  lgdt [trampoline_gdt - trampoline + TRAMPOLINE]
  mov eax, cr0
  or eax, 1
  mov cr0, eax
  .byte 0x66, 0xea               # jmp 0x18:other32
  .long other32
  .word 0x18
trampoline_gdt:
  .word gdt_end - gdt - 1
  .long gdt
trampoline_end:

.code32
other32:
  mov ax, 0x10
  mov ds, ax
  mov es, ax
  mov ss, ax
  mov eax, 1                     # each its own stack
  lock xadd next_cpu, eax
  inc eax
  shl eax, 12
  lea esp, stacks[eax]
  call enter_long_mode
  .byte 0xea                     # jmp 0x08:other64
  .long other64
  .word 0x08

.code64
other64:
  call set_up_processor
  call count_under_lock
  lock inc dword ptr done
  sti
1:
  hlt                            # until it is called
  jmp 1b

# --- 64 bits: the boot processor ---

start64:
  call set_up_interrupts
  call set_up_processor

  lea rsi, banner
  call print
  mov ebx, information
  mov esi, [rbx + 16]            # the command line
  call print
  call print_newline

  call demand_paging
  call start_others
  call timer
  call hold_back
  call call_others

  mov eax, counter               # did every increment count?
  mov ecx, cpus
  imul ecx, ecx, ROUNDS
  cmp eax, ecx
  mov edi, 5
  jne fail
  lea rsi, counted
  call print_number_line
  xor edi, edi

# Ends the machine with the value in EDI.
fail:
  mov eax, edi
  mov dx, EXIT_PORT
  out dx, eax
  jmp halt64
halt64:
  cli
  hlt
  jmp halt64

# Touches pages that are not there, then exchanges two of them.
demand_paging:
  xor ecx, ecx
1:
  mov eax, ecx
  shl eax, 12
  mov [rax + DEMAND + 8], rcx    # faults
  inc ecx
  cmp ecx, PAGES
  jne 1b
  mov edi, 1
  cmp dword ptr faults, PAGES
  jne fail
  mov rax, pt_demand
  xchg rax, pt_demand + 8
  mov pt_demand, rax
  invlpg [DEMAND]
  invlpg [DEMAND + 0x1000]
  mov edi, 2
  cmp qword ptr [DEMAND + 8], 1
  jne fail
  cmp qword ptr [DEMAND + 0x1008], 0
  jne fail
  mov eax, faults
  lea rsi, faulted
  jmp print_number_line

# Starts all other processors, and takes part in what they do.
start_others:
  mov dx, FW_CFG
  mov ax, FW_CFG_CPUS
  out dx, ax
  inc dx
  in al, dx
  movzx eax, al
  mov cpus, eax
  lea rsi, trampoline
  mov edi, TRAMPOLINE
  mov ecx, offset trampoline_end - trampoline
  cld
  rep movsb
  mov eax, TO_ALL_OTHERS | ASSERT | 5 << 8                      # INIT
  call send
  mov eax, TO_ALL_OTHERS | ASSERT | 6 << 8 | TRAMPOLINE >> 12   # SIPI
  call send
  call count_under_lock
  lock inc dword ptr done
1:
  pause
  mov eax, done
  cmp eax, cpus
  jne 1b
  lea rsi, up
  jmp print_number_line

# Each processor: increments a word that only the lock protects.
count_under_lock:
  mov ecx, ROUNDS
1:
  mov eax, 1
  xchg lock_word, eax
  test eax, eax
  jz 3f
2:
  pause
  cmp dword ptr lock_word, 0
  jne 2b
  jmp 1b
3:
  inc dword ptr counter
  mov dword ptr lock_word, 0
  dec ecx
  jnz 1b
  ret

# Waits for some interrupts of the local APIC's timer, asleep.
timer:
  mov ecx, DIVIDE
  mov eax, 0xb                   # by 1
  call apic_write
  mov ecx, LVT_TIMER
  mov eax, 1 << 17 | TIMER_VECTOR  # periodic
  call apic_write
  mov ecx, INITIAL_COUNT
  mov eax, 200000
  call apic_write
  sti
1:
  hlt
  cmp dword ptr ticks, TICKS
  jb 1b
  cli
  mov ecx, INITIAL_COUNT
  xor eax, eax
  call apic_write
  mov eax, TICKS
  lea rsi, ticked
  jmp print_number_line

# An interrupt to itself, which CR8 holds back.
hold_back:
  sti
  mov eax, CALL_VECTOR >> 4
  mov cr8, rax
  mov eax, TO_SELF | ASSERT | CALL_VECTOR
  call send
  nop
  mov edi, 6
  cmp dword ptr calls, 0
  jne fail
  xor eax, eax
  mov cr8, rax
  nop
  cli
  mov edi, 7
  cmp dword ptr calls, 1
  jne fail
  mov dword ptr calls, 0
  mov eax, 1
  lea rsi, held_back
  jmp print_number_line

# Interrupts all others, which sleep, and waits until they have seen it.
call_others:
  mov eax, TO_ALL_OTHERS | ASSERT | CALL_VECTOR
  call send
1:
  pause
  mov eax, calls
  inc eax
  cmp eax, cpus
  jne 1b
  mov eax, calls
  lea rsi, called
  jmp print_number_line

# --- the local APIC ---

# Data segments, IDT, local APIC: the x2APIC where there is one.
set_up_processor:
  mov ax, 0x10
  mov ds, ax
  mov es, ax
  mov ss, ax
  lidt idt_pointer
  mov eax, 1
  push rbx
  cpuid
  pop rbx
  bt ecx, 21
  jnc 1f
  mov ecx, 0x1b                  # IA32_APIC_BASE
  rdmsr
  or eax, 1 << 10
  wrmsr
  mov byte ptr is_x2apic, 1
1:
  mov ecx, SPURIOUS
  mov eax, 0x1ff
  jmp apic_write

# Sends the interrupt command in EAX.
send:
  mov ecx, COMMAND
  xor edx, edx
  jmp apic_write_64

# Writes EAX to register ECX.
apic_write:
  xor edx, edx
apic_write_64:
  cmp byte ptr is_x2apic, 0
  je 1f
  add ecx, 0x800
  wrmsr
  ret
1:
  shl ecx, 4
  mov r8d, 0xfee00000
  mov [r8 + rcx], eax
  ret

# --- interrupts and exceptions ---

set_up_interrupts:
  xor edi, edi
1:
  lea rsi, unexpected
  call set_gate
  inc edi
  cmp edi, 32
  jne 1b
  mov edi, 14
  lea rsi, page_fault
  call set_gate
  mov edi, TIMER_VECTOR
  lea rsi, timer_interrupt
  call set_gate
  mov edi, CALL_VECTOR
  lea rsi, call_interrupt
  call set_gate
  mov edi, 0xff
  lea rsi, spurious_interrupt
  jmp set_gate

# An interrupt gate for vector EDI to RSI, which lies below 2 GiB.
set_gate:
  mov eax, edi
  shl eax, 4
  lea rdx, idt[rax]
  mov [rdx], si
  mov word ptr [rdx + 2], 0x08
  mov word ptr [rdx + 4], 0x8e00
  mov rax, rsi
  shr rax, 16
  mov [rdx + 6], ax
  mov qword ptr [rdx + 8], 0
  ret

unexpected:
  lea rsi, surprised
  call print
  mov edi, 9
  jmp fail

# A write to a page that is not there: maps the next frame.
page_fault:
  push rax
  push rcx
  mov edi, 3
  cmp qword ptr [rsp + 16], 2    # error code: a write, by the supervisor, not present
  jne fail
  mov rax, cr2
  mov ecx, eax
  shr eax, 21
  mov edi, 4
  cmp eax, DEMAND >> 21
  jne fail
  shr ecx, 12
  and ecx, 511
  mov eax, next_frame
  add dword ptr next_frame, 0x1000
  or eax, 3
  mov pt_demand[rcx * 8], rax
  inc dword ptr faults
  pop rcx
  pop rax
  add rsp, 8
  iretq

timer_interrupt:
  inc dword ptr ticks
  jmp end_of_interrupt

call_interrupt:
  lock inc dword ptr calls

end_of_interrupt:
  push rax
  push rcx
  push rdx
  push r8
  mov ecx, EOI
  xor eax, eax
  call apic_write
  pop r8
  pop rdx
  pop rcx
  pop rax
  iretq

spurious_interrupt:
  iretq

# --- printing ---

# Prints the number in EAX, then the string at RSI and a newline.
print_number_line:
  push rsi
  lea rdi, digits_end
  mov ecx, 10
1:
  xor edx, edx
  div ecx
  add dl, '0'
  dec rdi
  mov [rdi], dl
  test eax, eax
  jnz 1b
  mov rsi, rdi
  call print
  pop rsi
  call print

print_newline:
  lea rsi, newline

# Prints the string at RSI.
print:
  lodsb
  test al, al
  jz 2f
  mov ah, al
  mov dx, COM1 + 5
1:
  in al, dx                      # until the transmitter is empty
  test al, 0x20
  jz 1b
  mov dx, COM1
  mov al, ah
  out dx, al
  jmp print
2:
  ret

# --- data ---

.balign 8
gdt:
  .quad 0
  .quad 0x00af9b000000ffff       # 0x08: 64-bit code
  .quad 0x00cf93000000ffff       # 0x10: data
  .quad 0x00cf9b000000ffff       # 0x18: 32-bit code
gdt_end:
gdt_pointer:
  .word gdt_end - gdt - 1
  .quad gdt
idt_pointer:
  .word 256 * 16 - 1
  .quad idt

banner:    .asciz "smp: started as "
faulted:   .asciz " page faults handled"
up:        .asciz " processors up"
ticked:    .asciz " timer interrupts"
held_back: .asciz " interrupt held back"
called:    .asciz " processors called"
counted:   .asciz " increments under the lock"
surprised: .asciz "an unexpected exception\n"
newline:   .asciz "\n"

.balign 4
next_cpu:    .long 1
next_frame:  .long FRAMES

.bss
.balign 4
information: .skip 4
cpus:        .skip 4
done:        .skip 4
faults:      .skip 4
ticks:       .skip 4
calls:       .skip 4
counter:     .skip 4
lock_word:   .skip 4
is_x2apic:   .skip 4
             .skip 16
digits_end:  .skip 4
.balign 4096
pml4:        .skip 4096
pdpt:        .skip 4096
pd_low:      .skip 4096
pd_demand:   .skip 4096
pd_devices:  .skip 4096
pt_demand:   .skip 4096
idt:         .skip 4096
stacks:      .skip MOST_CPUS * STACK_SIZE
