# What a processor does in real mode and in 16- and 32-bit protected mode: interrupts through the
# vector table and the IDT, segments and their limits, privilege, call gates, PAE paging.
# Loaded at 0x10000, entered in real mode, all segments at 0x1000. Ports as in long.S.
# Built by assemble.sh.
.intel_syntax noprefix
.set BASE, 0x10000              # of the real-mode segments
.set KCODE, 0x08
.set KDATA, 0x10
.set UCODE, 0x18
.set UDATA, 0x20
.set CODE16, 0x28               # 16 bits, at BASE
.set DATA16, 0x30
.set TASK, 0x38
.set DOWN, 0x40                 # expand-down above 0x1fff
.set SMALL, 0x48                # 4 KiB at 0x50000
.set GATE, 0x50
.set CONFORMING, 0x58
.set TASK_GATE, 0x60
.set RING0, 0x93000
.set USTACK, 0x94000
.set KSTACK, 0x90000
.set IDT, 0x95000
.set PDPTES, 0x100000
.set PD, 0x101000

.macro EMIT value
  mov eax, \value
  out 0x13, eax
.endm
.macro SECTION number
  EMIT 0x5ec00000+\number
.endm
.macro TRY insn:vararg
  mov ebp, offset 9f
  \insn
9:
.endm
.macro FAR_JUMP selector, label
  .byte 0xea
  .long \label
  .word \selector
.endm
.macro USER label
  mov dword ptr [continue], offset 8f
  push UDATA | 3
  push USTACK
  push 2
  push UCODE | 3
  push offset \label
  iretd
8:
.endm

.code16
.globl _start
_start:
  cli
  mov sp, 0xfff0
  xor ax, ax
  mov ds, ax                            # the vector table is at 0
  mov word ptr ds:[3*4], offset real_handler - BASE
  mov word ptr ds:[3*4+2], 0x1000
  mov word ptr ds:[0*4], offset real_divide - BASE
  mov word ptr ds:[0*4+2], 0x1000
  mov word ptr ds:[0x40*4], offset real_handler - BASE
  mov word ptr ds:[0x40*4+2], 0x1000
  mov word ptr ds:[13*4], offset real_gp - BASE
  mov word ptr ds:[13*4+2], 0x1000
  push cs
  pop ds

  SECTION 1
  sti
  stc
  int3
  int 0x40
  setc al                               # IRET brought it back
  pushf
  pop bx
  and bx, 0x200
  movzx eax, al
  or ax, bx
  out 0x13, eax
  cli
  xor cx, cx
  mov ax, 1
  mov si, offset 1f - BASE
  div cx
1: mov eax, esp
  out 0x13, eax
  mov si, offset 1f - BASE
  mov bx, 0xffff
  mov ax, [bx]                          # beyond the limit
1: .byte 0x9a                           # call far
  .word real_far - BASE, 0x1000
  mov eax, esp
  out 0x13, eax

  SECTION 2
  lgdt [gdtr - BASE]
  mov eax, cr0
  or al, 1
  mov cr0, eax
  mov bx, KDATA
  mov es, bx                            # a limit of 4 GiB
  and al, 0xfe
  mov cr0, eax
  mov bx, 0x2000
  mov es, bx                            # which stays
  mov edi, 0x30000
  mov dword ptr es:[edi], 0x12345678    # at 0x50000
  mov eax, es:[edi]
  out 0x13, eax
  smsw ax
  movzx eax, ax
  out 0x13, eax
  mov ax, 1
  lmsw ax
  mov eax, cr0
  out 0x13, eax
  .byte 0x66, 0xea                      # far JMP with a 32-bit offset
  .long protected
  .word KCODE

real_far:
  EMIT 0x7a
  lret
real_handler:
  push bp
  mov bp, sp
  pushf
  pop ax
  and eax, 0x301
  out 0x13, eax                         # IF and TF are clear
  movzx eax, word ptr [bp+4]            # CS
  out 0x13, eax
  movzx eax, word ptr [bp+6]            # flags
  and eax, 0x201
  out 0x13, eax
  pop bp
  iret
real_divide:
  EMIT 0xd0
  pop ax
  push si
  iret
real_gp:
  EMIT 0x6b
  pop ax
  push si
  iret

.code32
protected:
  mov eax, KDATA
  mov ds, eax
  mov es, eax
  mov ss, eax
  mov esp, KSTACK
  xor ebx, ebx
1: mov eax, ebx
  imul eax, eax, stub1 - stub0
  add eax, offset stub0
  lea edi, [IDT+ebx*8]
  mov [edi], ax
  mov word ptr [edi+2], KCODE
  mov word ptr [edi+4], 0x8e00
  shr eax, 16
  mov [edi+6], ax
  inc ebx
  cmp ebx, 0xa0
  jb 1b
  mov byte ptr [IDT+0x80*8+5], 0xee
  mov byte ptr [IDT+0x81*8+5], 0xee
  mov byte ptr [IDT+4*8+5], 0xee
  mov byte ptr [IDT+0x91*8+5], 0x85     # a task gate
  lidt [idtr]
  mov eax, offset tss
  mov [gdt+TASK+2], ax
  shr eax, 16
  mov [gdt+TASK+4], al
  mov eax, offset gate_entry
  mov [gdt+GATE], ax
  shr eax, 16
  mov [gdt+GATE+6], ax
  mov ax, TASK
  ltr ax

  SECTION 3
  TRY ud2
  TRY mov al, cs:[KSTACK]
  TRY mov cs:[KSTACK], al
  mov eax, SMALL
  mov fs, eax
  TRY mov al, fs:[0xfff]
  TRY mov al, fs:[0x1000]
  TRY mov eax, fs:[0xffe]
  mov eax, fs:[0]                       # what real mode wrote
  out 0x13, eax
  mov eax, DOWN
  mov gs, eax
  TRY mov al, gs:[0x1fff]
  TRY mov al, gs:[0x2000]
  xor eax, eax
  mov fs, eax
  TRY mov al, fs:[0]
  mov eax, 3
  mov fs, eax
  mov eax, fs
  out 0x13, eax
  mov eax, KCODE
  TRY mov ss, eax
  xor eax, eax
  TRY mov ss, eax
  mov eax, CODE16
  mov fs, eax                           # readable code
  mov al, [gdt+CODE16+5]
  movzx eax, al
  out 0x13, eax                         # accessed
  lss esp, [stack_pointer]
  mov eax, esp
  out 0x13, eax
  mov eax, 0x7fffffff
  inc eax
  mov ebp, offset 1f
  into
1: TRY nop

  SECTION 4
  USER user
  mov eax, cs
  out 0x13, eax
  mov eax, es                           # what the user may not have became null
  out 0x13, eax
  mov eax, KDATA
  mov es, eax

  SECTION 5
  mov ecx, 0x174
  mov eax, KCODE
  xor edx, edx
  wrmsr
  mov ecx, 0x175
  mov eax, RING0
  wrmsr
  mov ecx, 0x176
  mov eax, offset sysenter_entry
  wrmsr
  USER user_sysenter

  SECTION 6
  .byte 0x9a
  .long sixteen - BASE
  .word CODE16
  mov eax, esp
  out 0x13, eax
  .byte 0x9a                            # conforming: the CPL stays
  .long conforming
  .word CONFORMING
  TRY .byte 0x9a, 0, 0, 0, 0, 0x21, 0   # no code

  SECTION 7
  mov eax, KDATA
  mov es, eax
  mov edi, PDPTES
  xor eax, eax
  mov ecx, 0x1000
  rep stosd
  mov dword ptr [PDPTES], PD | 1
  mov dword ptr [PD], 0x87
  mov dword ptr [PD+8], 0x200083
  mov dword ptr [PD+12], 0x80000000
  mov eax, 0x20
  mov cr4, eax
  mov ecx, 0xc0000080
  mov eax, 0x800
  xor edx, edx
  wrmsr
  mov eax, PDPTES
  mov cr3, eax
  mov dword ptr [PDPTES+8], PD | 7      # U and W are reserved
  mov ebx, cr0
  or ebx, 0x80000000
  TRY mov cr0, ebx
  mov dword ptr [PDPTES+8], 0
  TRY mov cr0, ebx
  mov eax, cr0
  shr eax, 31
  out 0x13, eax
  TRY mov al, [0x40000000]              # no PDPTE
  mov dword ptr [PDPTES+8], PD | 1
  mov eax, PDPTES
  mov cr3, eax
  mov eax, [0x40000000 + continue]
  cmp eax, [continue]
  setz al
  movzx eax, al
  out 0x13, eax
  mov eax, 0x200000
  TRY jmp eax                           # no-execute
  mov ebx, cr0
  btr ebx, 31
  mov cr0, ebx

  SECTION 8
  pushfd
  or dword ptr [esp], 0x4000            # NT
  popfd
  pushfd
  pop eax
  and eax, 0x4000
  out 0x13, eax
  int 0x91
  out 0x14, al

user:
  mov eax, cs
  int 0x80
  mov eax, es
  int 0x80
  TRY in al, 0x60
  TRY in al, 0x70
  TRY mov eax, cr0
  TRY int 0x90
  TRY mov [0x7fff0000], al
  push 0x1111
  push 0x2222
  .byte 0x9a
  .long 0
  .word GATE | 3
  mov eax, esp
  int 0x80
  mov eax, 0x20
  verr ax
  setz al
  movzx eax, al
  int 0x80
  mov eax, 0x23
  mov ecx, UCODE
  arpl ax, cx
  setz cl
  shl ecx, 16
  or eax, ecx
  int 0x80
  mov eax, 0x20
  mov ecx, 3
  arpl ax, cx
  setz cl
  shl ecx, 16
  or eax, ecx
  int 0x80
  mov eax, DATA16
  TRY mov fs, eax
  int 0x81

user_sysenter:
  mov ecx, esp
  mov edx, offset 1f
  mov eax, 0x51
  sysenter
1: int 0x80
  mov eax, cs
  int 0x80
  int 0x81

sysenter_entry:
  out 0x13, eax
  mov eax, esp
  out 0x13, eax
  mov eax, ss
  out 0x13, eax
  mov eax, 0x52
  sysexit

gate_entry:
  EMIT 0x61
  mov eax, cs
  out 0x13, eax
  mov eax, [esp+8]                      # the parameters
  out 0x13, eax
  mov eax, [esp+12]
  out 0x13, eax
  mov eax, [esp+16]                     # the user's stack
  out 0x13, eax
  lret 8

conforming:
  mov eax, cs
  out 0x13, eax
  lret

.code16
sixteen:
  mov eax, esp
  out 0x13, eax
  mov ax, cs
  movzx eax, ax
  out 0x13, eax
  data32 lret
.code32

.macro STUB vector
  .balign 16
  .if (\vector == 8) || (\vector >= 10 && \vector <= 14) || (\vector == 17)
  .else
  push 0
  .endif
  push \vector
  jmp common
.endm
.balign 16
stub0:
  STUB 0
.balign 16
stub1:
.set v, 1
.rept 0x9f
  STUB v
  .set v, v + 1
.endr

common:
  push eax
  mov eax, [esp+4]
  cmp eax, 0x80
  je from_user
  cmp eax, 0x81
  je user_leaves
  or eax, 0xe0000000
  out 0x13, eax
  mov eax, [esp+8]
  out 0x13, eax
  mov eax, [esp+16]
  out 0x13, eax
  cmp dword ptr [esp+4], 14
  jne 1f
  mov eax, cr2
  out 0x13, eax
1: mov [esp+12], ebp
  pop eax
  add esp, 8
  iretd

from_user:
  pop eax
  out 0x13, eax
  add esp, 8
  iretd

user_leaves:
  mov esp, KSTACK
  mov eax, KDATA
  mov ss, eax
  mov ds, eax
  jmp dword ptr [continue]

.balign 16
gdt:
  .quad 0
  .quad 0x00cf9b000000ffff              # 08 kernel code
  .quad 0x00cf93000000ffff              # 10 kernel data
  .quad 0x00cffb000000ffff              # 18 user code
  .quad 0x00cff3000000ffff              # 20 user data
  .quad 0x00009a010000ffff              # 28 code of 16 bits, not accessed
  .quad 0x000093010000ffff              # 30 data of 16 bits
  .quad 0x0000890000000087              # 38 TSS
  .quad 0x0040970000001fff              # 40 expand-down
  .quad 0x0040930500000fff              # 48 4 KiB at 0x50000
  .quad 0x0000ec0200080000              # 50 call gate, two parameters
  .quad 0x00cf9f000000ffff              # 58 conforming
  .quad 0x0000850000380000              # 60 task gate
gdt_end:
gdtr:
  .word gdt_end - gdt - 1
  .long gdt
idtr:
  .word 0xa0 * 8 - 1
  .long IDT
stack_pointer:
  .long KSTACK - 16
  .word KDATA
.balign 4
continue:
  .long 0
.balign 16
tss:
  .long 0, RING0, KDATA
  .space 0x66 - 12
  .word 0x68
  .space 14, 0xff
  .byte 0xfe                            # port 0x70
  .space 17, 0xff
