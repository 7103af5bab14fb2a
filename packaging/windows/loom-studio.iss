; Inno Setup 6: an installer for one person, of the folder that PyInstaller made.
;   .venv\Scripts\pyinstaller --noconfirm packaging\bundle\loom-studio.spec
;   iscc /DVersion=0.1.0 packaging\windows\loom-studio.iss
#ifndef Version
  #error Say the version: /DVersion=…
#endif

[Setup]
AppId={{6B4B4B0E-9F0C-4B8D-9C37-3F8B4E9A5C11}
AppName=Loom Studio
AppVersion={#Version}
AppPublisher=The Loom Studio developers
DefaultDirName={autopf}\Loom Studio
DefaultGroupName=Loom Studio
PrivilegesRequired=lowest
ArchitecturesAllowed=x64compatible
ArchitecturesInstallIn64BitMode=x64compatible
LicenseFile=..\..\LICENSE
OutputDir=..\..\dist
OutputBaseFilename=loom-studio-{#Version}-setup
Compression=lzma2
SolidCompression=yes
WizardStyle=modern
ChangesEnvironment=yes

[Tasks]
Name: desktopicon; Description: "{cm:CreateDesktopIcon}"; Flags: unchecked
Name: path; Description: "Put loom on the PATH of terminals"; Flags: unchecked

[Files]
Source: "..\..\dist\loom-studio\*"; DestDir: "{app}"; Flags: recursesubdirs ignoreversion

[Icons]
Name: "{group}\Loom Studio"; Filename: "{app}\loom-studio.exe"
Name: "{autodesktop}\Loom Studio"; Filename: "{app}\loom-studio.exe"; Tasks: desktopicon

[Registry]
Root: HKCU; Subkey: "Environment"; ValueType: expandsz; ValueName: "Path"; ValueData: "{olddata};{app}"; Tasks: path; Check: IsNotOnPath

[Run]
Filename: "{app}\loom-studio.exe"; Description: "{cm:LaunchProgram,Loom Studio}"; Flags: nowait postinstall skipifsilent

[Code]
function IsNotOnPath: Boolean;
var
  Known: string;
begin
  Result := True;
  if RegQueryStringValue(HKCU, 'Environment', 'Path', Known) then
    Result := Pos(';' + Uppercase(ExpandConstant('{app}')) + ';', ';' + Uppercase(Known) + ';') = 0;
end;
